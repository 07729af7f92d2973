"""Command lines that our tools and the real GNU ones must answer alike, in a directory that `SETUP` has made."""

SETUP = (
    "mkdir -p d/e; printf 'b 2\\na 1\\nc 3\\na 1\\n' > f; printf 'one\\ntwo\\nthree\\n' > g; printf 'x:y:z\\np:q\\nnodelim\\n' > h; ln -s f l; "
    ": > empty; printf 'no newline' > n; echo hidden > .h; chmod 640 f; touch -d '2020-01-02 03:04:05' f g h d d/e empty n .h\n"
)

#: One command line a row.
COMMANDS = r"""
ls
ls -a
ls -A
ls -l f g h n
ls -ld d
ls -R
ls nope
ls f nope d
ls -1 d
ls -F
ls -r
ls -S f g h
ls --foo
ls -d d f
cat f g
cat nope
cat d
cat -n f
cat -A h
head -n 2 f
head -c 5 f
head -n -1 f
head f g
head nope
tail -n 2 f
tail -n +2 f
tail -c 3 f
tail -2 f
tail nope
wc f
wc -l f g
wc -c < f
wc -w f
wc nope
wc -l nope f
echo a b | wc
sort f
sort -r f
sort -u f
sort -k2 -n f
sort -k2,2nr f
sort nope
sort -t: -k2 h
printf '10\n9\n1\n' | sort -n
printf 'B\na\nC\n' | sort -f
uniq f
sort f | uniq -c
sort f | uniq -d
cut -d: -f1 h
cut -d: -f2- h
cut -d: -f1 -s h
cut -c1-3 g
cut f
cut -f0 f
echo hello | tr a-z A-Z
echo hello | tr -d l
echo aabbcc | tr -s abc
echo hello | tr -c 'a-y\n' '*'
tr
tr a
grep a f
grep -n o g
grep -c a f
grep -v a f
grep -i ONE g
grep -l a f g
grep -r hidden .
grep nope f
grep x nope
grep -E 'one|two' g
grep -o '[a-z]' f
grep -w on g
grep -A1 one g
grep -q one g
grep '[' f
grep
grep a d
grep -x one g
grep -F '.' h
sed s/o/0/ g
sed 's/o/0/g' g
sed -n 2p g
sed '2d' g
sed '/two/d' g
sed -n '/two/,$p' g
sed 's/\(.\)\(.\)/\2\1/' g
sed -E 's/(.)(.)/\2\1/' g
sed '1i\first' g
sed '$a last' g
sed 2q g
sed 's|x|/|' h
sed '/one/s/o/X/;s/e/E/' g
sed y/abc/xyz/ f
sed -n '$=' g
sed 'N;s/\n/-/' g
sed foo f
sed 's/a/b' f
sed p nope
sed '1!d' g
sed 's/o/&&/2' g
sed -e 1d -e 2d g
sed -n '1~2p' g
sed = n
sed 2c\\changed g
cp f f2; cat f2
cp nope x
cp d x
cp -r d x; ls x
cp f d; ls d
cp f
cp f g nope
cp f nope/x
mv f z; ls
mv nope z
mv f d; ls d
mv f nope/z
rm f; ls
rm nope
rm d
rm -r d; ls
rm -f nope
rm
rmdir d/e; ls d
rmdir d
rmdir nope
mkdir d
mkdir q/r
mkdir -p q/r; ls q
mkdir
touch new; ls new
touch nope/x
touch
ln f hard; cat hard
ln -s nope dangling; cat dangling
ln -s f l
ln -sf g l; readlink l
ln nope x
chmod 755 f; stat -c %a f
chmod u+x,go-r f; stat -c '%a %A' f
chmod +x f; stat -c %a f
chmod zzz f
chmod 644 nope
chmod
chmod 644
stat -c '%n %s %F' f d l empty
stat nope
readlink l
readlink -f l | xargs basename
readlink f
basename /a/b/c.txt .txt
basename
basename /
dirname /a/b/c a b/
dirname
seq 3
seq 2 4
seq 10 -5 0
seq -w 8 10
seq 1 0.5 2
seq -s, 3
seq x
seq
expr 1 + 2
expr 5 / 2
expr a : '\(.\)'
expr 1 / 0
expr 1 +
expr length hello
expr abc = abc
expr 1 \< 2
printf '%s-%s\n' a b c
env -i A=1 B=2 env
env A=1 printenv A
printenv NOPE
printf 'a b c\n' | xargs echo x
printf 'a\nb\n' | xargs -n1 echo
printf 'a\nb\n' | xargs -I{} echo '<{}>'
echo | xargs echo none
printf 'a\nb\n' | xargs false
find . | sort
find . -name '*.h'
find . -type d | sort
find . -type f -name 'f' -exec echo got {} \;
find . -maxdepth 1 -type f | sort
find nope
find . -foo
find . -name f -o -name g | sort
find . -empty | sort
find . -type f -exec wc -l {} + | tail -1
find d -delete; ls
find . ! -name f -type f | sort
tar cf t.tar f d; tar tf t.tar
tar czf t.tgz f; tar tzf t.tgz
tar tf nope
tar xf f
tar cf t.tar nope
tar
mkdir out; tar cf - f g | tar xf - -C out; ls out
tar cvf t.tar f g
tar xvf f.tar
tar cf t.tar d/e; rm -r d; tar xf t.tar; find d
gzip -k g; gunzip -c g.gz
gzip nope
gunzip f
sha256sum f
md5sum f g
sha256sum nope
sha256sum f > s; sha256sum -c s
echo hi | base64
echo aGkK | base64 -d
echo '!!' | base64 -d
uname -s
uname
tee out < f; cat out
echo x | tee nope/y
du -s nope
df nope
date -d @0
date -u -d 2020-01-02 +%Y/%m/%d
date +%Q -d @0
date -d nonsense
sleep x
sleep
timeout 1 true
timeout 0.1 sleep 5
nproc > /dev/null
test 1 = 1
[ a = b ]
env false
env nope
nohup true
dd if=f of=o bs=4 count=1 status=none; cat o
dd if=nope
truncate -s 5 f; wc -c f
mktemp -u /tmp/xXXX | wc -c
comm f g
tac g
rev g
nl g
paste f g
paste -sd, g
fold -w 2 n
od -c n
od -An -tx1 n
yes | head -2
true; false
cp -v f f9
mv -v f f8
rm -v g
rm -rf d f; ls
cp -a d dd; ls dd
cp f f
mv f f
mv d d/e
cp -r d d/x
ln f
kill -0 99999999
stat -c '%s' n
cat f | sort | uniq | wc -l
cut -d, -f1 h
sort -n -r g
echo a > d
cat < d
uniq -c g
head -n x f
tail -n x f
wc -x
cat -z
touch -t 202001020304 q; stat -c %y q
sort -o f f; cat f
grep -h a f g
grep -L zzz f g
grep -s a nope
diff f g
diff f f
diff -u f g | tail -n +3
diff -q f g
install -m 600 f i; stat -c %a i
realpath -m nope/x | grep -c nope
readlink -e nope
sed -i s/one/1/ g; cat g
sed -i.bak s/one/1/ g; ls
sed -n '/o/{p;p}' g
sed 's/\n//' g
cat n g
tail -n 1 n
sort n
wc n
echo "$(stat -c '%F' d)" ok
ls -lh f
ls -i f | wc -w
ls -lt f g | wc -l
chown root f; echo $?
chown nouser f
chgrp nogroup2 f
chmod -R 700 d; stat -c %a d/e
mkdir -m 700 m; stat -c %a m
mkdir -v v
rmdir -p d/e; ls
cp -n f g; cat g
mv -n f g; ls
ln -sfn d l; readlink l
echo a b c | cut -d' ' -f2
printf 'a\tb\n' | cut -f2
printf 'k v\n' | { read a b; echo $b; }
printf '3\n1\n2\n' | sort | head -1
tr '[:upper:]' '[:lower:]' < g
tr -dc '0-9' < f
seq 5 | sed -n '2,4p'
seq 5 | sed '2,4!d'
seq 5 | tail -n +4
seq 10 | head -n 3 | tail -n 1
seq 3 | paste -s -d+
seq 3 | xargs
echo 'a/b/c' | sed 's#/#.#g'
echo "hello world" | sed 's/\bw/W/'
echo foo123 | sed -E 's/[0-9]+/N/'
echo abc | sed 's/b*/X/g'
echo abc | grep -o .
echo 'a.b' | grep -c 'a\.b'
echo "x=1;y=2" | tr ';' '\n'
date -d '2024-02-29 12:00:00' +%s
date -u -d @1700000000
date -d @1700000000 -Iseconds
expr 3 \* 4
expr 7 % 3
expr substr hello 2 3
printf '%5.1f|%-6s|%03d\n' 3.14159 ab 7
printf '%x %o %c\n' 255 8 A
printf '%d\n' 0x1f
/bin/printf '%d\n' abc
/bin/echo -e 'a\tb'
/bin/echo -n hi
/usr/bin/test a = a; echo $?
/usr/bin/[ 1 -eq x ]; echo $?
env | grep -c PATH
xargs -n2 echo < g
find . -type l
find . -name 'g' -print -quit
find . -size +3c -type f | sort
find . -mindepth 1 -maxdepth 1 -type d
find . -path './d*' | sort
find . -type f -newer f | sort
grep -rn one .
grep -e one -e two g
grep -vE '^(one|two)$' g
grep -m1 o g
grep -B1 three g
grep -c '' f g
wc -m n
wc -L g
head -qn1 f g
tail -q -n1 f g
cat -s f
cat - < g
cat -b g
tac f | head -1
sort -k1,1 -k2n f
sort -c f
sort -h < g
uniq -u f
uniq -i g
diff g f | head -3
basename -s .txt a.txt b.txt
realpath d/../f | xargs basename
md5sum < f
sha256sum -c nope
gzip -c f | zcat
gzip f; ls
tar -cf a.tar -C d e; tar -tf a.tar
tar -tvf nope.tar
mkdir o; tar cf a.tar d/e f; tar xf a.tar -C o f; ls o
tar xf a.tar nomember
tar cf a.tar f; tar xf a.tar -C nodir
tar --strip-components=1 -xf a.tar
dd if=/dev/zero of=z bs=1k count=2 2>/dev/null; wc -c z
dd if=f bs=2 skip=1 count=1 2>/dev/null
truncate -s 1K z; stat -c %s z
sleep 0
timeout 5 sh -c 'exit 3'; echo $?
nice true
id nosuchuser
od -c f | head -2
cksum n
base64 -w 4 f
fold -s -w 5 n
nl -b a f
column -t f
rev f
which ls
which nope
mkfifo p; ls -l p | cut -c1
stat -c %h d
stat -c '%U %G' f
test -f f -a -d d; echo $?
mkdir a b a
rm -r nope d
rm -ri d < /dev/null
mv f g d; ls d
cp -t d f g; ls d
ln -s a b c d
ln -s /x d/; readlink d/x
touch -c nofile; ls nofile
touch -r f q; stat -c %Y q
""".strip().splitlines()

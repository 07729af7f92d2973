"""Errors as the Linux kernel reports them: an errno and the words of ``strerror`` (glibc's, on every platform)."""

from __future__ import annotations

import errno

WORDS = {
    errno.EPERM: "Operation not permitted",
    errno.ENOENT: "No such file or directory",
    errno.ESRCH: "No such process",
    errno.EINTR: "Interrupted system call",
    errno.EIO: "Input/output error",
    errno.ENXIO: "No such device or address",
    errno.E2BIG: "Argument list too long",
    errno.ENOEXEC: "Exec format error",
    errno.EBADF: "Bad file descriptor",
    errno.ECHILD: "No child processes",
    errno.EAGAIN: "Resource temporarily unavailable",
    errno.ENOMEM: "Cannot allocate memory",
    errno.EACCES: "Permission denied",
    errno.EBUSY: "Device or resource busy",
    errno.EEXIST: "File exists",
    errno.EXDEV: "Invalid cross-device link",
    errno.ENODEV: "No such device",
    errno.ENOTDIR: "Not a directory",
    errno.EISDIR: "Is a directory",
    errno.EINVAL: "Invalid argument",
    errno.ENOTTY: "Inappropriate ioctl for device",
    errno.ETXTBSY: "Text file busy",
    errno.EFBIG: "File too large",
    errno.ENOSPC: "No space left on device",
    errno.ESPIPE: "Illegal seek",
    errno.EROFS: "Read-only file system",
    errno.EMLINK: "Too many links",
    errno.EPIPE: "Broken pipe",
    errno.EDOM: "Numerical argument out of domain",
    errno.ENAMETOOLONG: "File name too long",
    errno.ENOTEMPTY: "Directory not empty",
    errno.ELOOP: "Too many levels of symbolic links",
    errno.EADDRINUSE: "Address already in use",
    errno.EADDRNOTAVAIL: "Cannot assign requested address",
    errno.ENETUNREACH: "Network is unreachable",
    errno.ECONNRESET: "Connection reset by peer",
    errno.ENOTCONN: "Transport endpoint is not connected",
    errno.ETIMEDOUT: "Connection timed out",
    errno.ECONNREFUSED: "Connection refused",
    errno.EHOSTUNREACH: "No route to host",
}


def os_error(number: int, path: str | None = None) -> OSError:
    """Return the OSError for *number* with Linux's words; its class is Python's usual one (``FileNotFoundError``, ...)."""
    return OSError(number, WORDS[number], path) if path is not None else OSError(number, WORDS[number])


def words(error: OSError) -> str:
    """Return what ``strerror`` says about *error*."""
    return error.strerror or WORDS.get(error.errno or 0, str(error))

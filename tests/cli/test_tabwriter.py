"""Columns line up as Go's text/tabwriter lines them up."""

from k8slab.cli.tabwriter import TabWriter, lined_up


def test_a_column_is_as_wide_as_its_widest_cell_and_the_last_cell_belongs_to_none():
    assert lined_up("NAME\tAGE\nweb-1\t5s\n", 6, 3) == "NAME    AGE\nweb-1   5s\n"


def test_a_line_without_the_cell_ends_the_column():
    assert lined_up("a:\tx\nlonger than all\nbbb:\ty\n") == "a:  x\nlonger than all\nbbb:  y\n"


def test_an_empty_last_cell_leaves_the_blanks_of_the_one_before():
    assert lined_up("Status:\tTrue \nIP:\t\n") == "Status:  True \nIP:      \n"


def test_rows_that_come_later_keep_the_widths_of_the_table_above():
    writer = TabWriter(6, 3, remember=True)
    writer.write("NAME\tSTATUS\nlong-name\tok\n")
    assert writer.flush() == "NAME        STATUS\nlong-name   ok\n"
    writer.write("x\tok\n")
    assert writer.flush() == "x           ok\n"

"""Speed and memory of the lab: ``make bench``. One row a figure, medians of several runs in one process."""

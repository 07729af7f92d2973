# The scheduler only chose a node for a Pod that was already there.
lesson.answer("00-2", "the scheduler")

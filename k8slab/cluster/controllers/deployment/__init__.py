"""The Deployment controller, one file a question.

``controller.py`` (start here) decides which question is asked; ``rolling.py`` and ``recreate.py`` are the two strategies;
``scaling.py`` spreads a changed number of replicas; ``replica_sets.py`` tells new from old and makes the new one;
``revisions.py`` keeps the history in annotations; ``status.py`` and ``progress.py`` report; ``rollback.py`` goes back.
"""

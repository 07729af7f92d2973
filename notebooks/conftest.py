"""How the stored notebooks are compared when they are run again (``pytest --nbval notebooks/*.ipynb``).

Text is compared exactly. Pictures, HTML and widget views are not: the text beside each says the same in words.
"""

import os
import tempfile

NOT_COMPARED = ("image/png", "image/svg+xml", "text/html", "application/vnd.jupyter.widget-view+json")

# The kernels that nbval starts inherit this: nobody's progress is shown, and nobody's is changed.
_folder = tempfile.TemporaryDirectory(prefix="k8slab-notebooks-")
os.environ["K8SLAB_PROGRESS"] = os.path.join(_folder.name, "progress.json")


def pytest_collectstart(collector):
    """Extend what nbval leaves out of the comparison."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_COMPARED

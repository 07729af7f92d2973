"""The image builder: from a Dockerfile and a context to layers and a config.

Reading order: `lines.py` (text to lines with their instruction), `instructions.py` and `grammar.py` (lines to typed
instructions), `words.py` (variables), `context.py` and `copying.py` (files), then `build.py`. One build tells its story in two
ways: `classic.py` is the step-by-step stream of the old builder, `buildkit.py` the graph of vertices that BuildKit shows.
What an instruction does to a config lives with the instruction; running commands is the business of `run_step.py`.
"""

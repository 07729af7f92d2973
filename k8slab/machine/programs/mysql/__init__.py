"""MySQL: a small SQL (`parser.py`, `engine.py`), the server with its data directory (`server.py`), and the clients (`client.py`)."""

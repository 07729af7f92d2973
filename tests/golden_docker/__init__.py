"""Recorded sessions of the real docker client, replayed against ours. Start with player.py."""

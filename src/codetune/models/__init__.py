"""Anything that answers a chat: embedded, remote, stored."""

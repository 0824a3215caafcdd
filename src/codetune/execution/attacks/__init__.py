"""Programs that attack the sandbox or forge a verdict, and the command that runs them.

Nothing else imports from here except `doctor`.
"""

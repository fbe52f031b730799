"""The command line of the gateway: one module for each verb, imported when it is called."""

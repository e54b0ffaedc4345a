"""The demo: people of every role, work in every state. All of it is made by the same actions that people use."""

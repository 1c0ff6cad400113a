"""The main function of a program: from plans of its groups to statements."""

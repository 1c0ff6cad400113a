"""Rewriting as Theano spells it: optimizer classes, navigators, pattern substitution."""

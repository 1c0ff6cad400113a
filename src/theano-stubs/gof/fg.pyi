# Made by `python -m tools.stubs`.
from theano.configdefaults import config as config
from theano.graph import *
from theano.graph.fgraph import AlreadyThere as AlreadyThere
from theano.graph.fgraph import Client as Client
from theano.graph.fgraph import graph_of as graph_of
from theano.graph.fgraph import in_turns as in_turns
from theano.graph.fgraph import made_here as made_here
from theano.graph.fgraph import notebook_form as notebook_form
from theano.graph.fgraph import notebook_picture as notebook_picture

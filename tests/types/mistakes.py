"""What learners write by mistake: a checker finds each line that ends in ``# wrong``. Nothing runs this."""

import numpy as np

import theano
import theano.tensor as T

x = T.dmatrix("x")
w = theano.shared(np.zeros(3), "w")

T.expp(x)  # wrong
x.summ()  # wrong
T.exp()  # wrong
T.exp(x, x)  # wrong
T.exp("x")  # wrong
T.sum(x, axes=0)  # wrong
x.sum(axes=0)  # wrong
len(x)  # wrong
float(x)  # wrong
x[0] = 1  # wrong
w[0] += 1  # wrong
w.set_values(np.ones(3))  # wrong
x.get_value()  # wrong
theano.function(x, x)  # wrong
theano.function([x], x, update=[(w, w + 1)])  # wrong
theano.grad(x.sum())  # wrong
x + "1"  # wrong
T.dmatrix(3, 4)  # wrong
T.nnet.softmaxx(x)  # wrong
T.dmatrix("x").eval([1])  # wrong
theano.config.floatx = "float32"  # wrong
print(theano.config.floatx)  # wrong
theano.config.traceback.limits = 3  # wrong
print(theano.function([x], x).inputs)  # wrong
theano.explain(theano.function([x], x)).safe("page.html")  # wrong
theano.function([x], x, mode=3)  # wrong
T.concatenate(x, x)  # wrong
T.stack(x, x, z=3)  # wrong
T.zeros("a")  # wrong
x.reshape("a")  # wrong
x.sum(axis="0")  # wrong
T.zeros((2, 3), dtype=32)  # wrong
T.nnet.conv2d(x, x, border="full")  # wrong

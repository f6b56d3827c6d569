"""Networks written in Python: `from arhat import frontend as ar`.

    with ar.Network("classifier") as net:
        x = net.input("image", (1, 3, 32, 32))
        y = ar.conv2d(x, filter, bias, strides=2, pads=1, activation="relu")
        net.output("scores", ar.linear(ar.flatten(y), w))

See docs/frontend.md.
"""

from arhat.frontend.network import Activation as Activation
from arhat.frontend.network import DType as DType
from arhat.frontend.network import Network as Network
from arhat.frontend.network import Operand as Operand
from arhat.frontend.network import Tensor as Tensor
from arhat.frontend.network import scope as scope
from arhat.frontend.operations import *  # noqa: F403  # every operation of the dialect ...
from arhat.frontend.shorthands import *  # noqa: F403  # ... and the usual layers, which have more defaults
from arhat.frontend.weights import Weights as Weights

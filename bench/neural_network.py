"""examples/03_neural_network.ts in NumPy and in PyTorch: the same net, steps and gradients.

    python3 bench/neural_network.py

The PyTorch version computes its gradients by hand too, which is faster than autograd here.
"""

import time

import numpy

try:
    import torch
except ImportError:
    torch = None


def make_moons(count, noise):
    angle = numpy.linspace(0, numpy.pi, count // 2)
    upper = numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1)
    lower = numpy.stack([1 - numpy.cos(angle), 0.5 - numpy.sin(angle)], 1)
    x = numpy.concatenate([upper, lower])
    x += numpy.random.standard_normal(x.shape) * noise
    y = numpy.repeat([[0], [1]], count // 2, 0)
    return x.astype(numpy.float32), y.astype(numpy.float32)


class NumpyNetwork:
    def __init__(self, hidden):
        f32 = numpy.float32
        self.w1 = numpy.random.standard_normal((2, hidden)).astype(f32)
        self.b1 = numpy.zeros(hidden, f32)
        self.w2 = (numpy.random.standard_normal((hidden, 1)) / hidden**0.5).astype(f32)
        self.b2 = numpy.zeros(1, f32)

    @staticmethod
    def take(x, y):
        return x, y

    def hidden(self, x):
        h = x @ self.w1
        h += self.b1
        return numpy.tanh(h, out=h)

    def predict(self, x):
        return 1 / (1 + numpy.exp(-(self.hidden(x) @ self.w2 + self.b2)))

    def step(self, x, y, rate):
        h = self.hidden(x)
        p = h @ self.w2
        p += self.b2
        p = 1 / (1 + numpy.exp(-p))
        p -= y
        p *= rate / len(y)
        d_hidden = p @ self.w2.T
        d_hidden *= 1 - numpy.square(h)
        self.w2 -= h.T @ p
        self.b2 -= p.sum(0)
        self.w1 -= x.T @ d_hidden
        self.b1 -= d_hidden.sum(0)

    def epoch(self, x, y, batch, rate):
        order = numpy.random.permutation(len(y))
        x, y = x[order], y[order]
        for start in range(0, len(y), batch):
            self.step(x[start : start + batch], y[start : start + batch], rate)

    def accuracy(self, x, y):
        return float(((self.predict(x) > 0.5) == y).mean())


class TorchNetwork:
    def __init__(self, hidden):
        self.w1 = torch.randn(2, hidden)
        self.b1 = torch.zeros(hidden)
        self.w2 = torch.randn(hidden, 1) / hidden**0.5
        self.b2 = torch.zeros(1)

    @staticmethod
    def take(x, y):
        return torch.from_numpy(x), torch.from_numpy(y)

    def hidden(self, x):
        return (x @ self.w1).add_(self.b1).tanh_()

    def predict(self, x):
        return torch.sigmoid((self.hidden(x) @ self.w2).add_(self.b2))

    def step(self, x, y, rate):
        h = self.hidden(x)
        p = (h @ self.w2).add_(self.b2).sigmoid_()
        d_out = p.sub_(y).mul_(rate / len(y))
        d_hidden = (d_out @ self.w2.T).mul_(h.square().neg_().add_(1))
        self.w2.sub_(h.T @ d_out)
        self.b2.sub_(d_out.sum(0))
        self.w1.sub_(x.T @ d_hidden)
        self.b1.sub_(d_hidden.sum(0))

    def epoch(self, x, y, batch, rate):
        order = torch.randperm(len(y))
        x, y = x[order], y[order]
        for start in range(0, len(y), batch):
            self.step(x[start : start + batch], y[start : start + batch], rate)

    def accuracy(self, x, y):
        return float(((self.predict(x) > 0.5) == y).float().mean())


def main():
    count, epochs = 4000, 60
    networks = {"NumPy": NumpyNetwork}
    if torch:
        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        networks["PyTorch"] = TorchNetwork
    for name, network in networks.items():
        net = network(32)
        points, test = net.take(*make_moons(count, 0.15)), net.take(*make_moons(1000, 0.15))
        start = time.perf_counter()
        for _ in range(epochs):
            net.epoch(*points, 32, 0.5)
        milliseconds = (time.perf_counter() - start) / epochs * 1e3
        print(f"{name}: {milliseconds:.2f} ms an epoch, test accuracy {100 * net.accuracy(*test):.1f} %")


if __name__ == "__main__":
    main()

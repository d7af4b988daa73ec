from numpy import array, dot, exp, random

x = array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
y = array([[0, 1, 1, 0]]).T
random.seed(1)
w = 2 * random.random((3, 1)) - 1
for i in range(5000):
    o = 1 / (1 + exp(-(dot(x, w))))
    w += dot(x.T, (y - o) * o * (1 - o))
print(1 / (1 + exp(-(dot(array([1, 0, 0]), w)))))

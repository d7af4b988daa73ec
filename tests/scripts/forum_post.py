import numpy as np

def sigmoid(z):
    return 1/(1+np.exp(-z))

x = np.array([[0,0,1],[0,1,1],[1,0,1],[1,1,1]])
y = np.array([[0],[1],[1],[0]])

np.random.seed(1)
weight1 = np.random.random((3,4))
weight2 = np.random.random((4,1))
learningRate = 1

for iteration in range(3000):

    #forward propagation
    z1 = np.dot(x, weight1)
    a1 = sigmoid(z1)
    z2 = np.dot(a1, weight2)
    a2 = sigmoid(z2)

    #back propagation
    delta2 = (y-a2)
    dC_dw2 = delta2 * (a2*(1-a2))
    delta1 = np.dot(dC_dw2, weight2.T)
    dC_dw1 = delta1 * (a1*(1-a1))

    weight2 = weight2 + learningRate*np.dot(a1.T, dC_dw2)
    #weight2 = weight2 - learningRate*dC_dw2
    weight1 = weight1 + learningRate*np.dot(x.T, dC_dw1)

print(a2)

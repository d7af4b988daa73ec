"""Points in the plane in two classes, drawn by the program's own generator: another seed gives other points.

The three are the playgrounds' usual ones: two rings, two half moons that reach into each other, two arms of a
spiral. Each is a function of the program that is written, so that it can be read.
"""

from dataclasses import dataclass

from nntui_core.datasets.data import Data

SAMPLES = 200
LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A function that draws points, and the standard deviation of their noise where none is asked for."""

    title: str
    noise: float
    definition: str


CIRCLES = '''\
def circles(samples, noise, rng):
    """Return points on two circles, of radius 1 (class 0) and 1/2 (class 1), and their classes."""
    classes = np.arange(samples) % 2
    angle = rng.uniform(0, 2 * np.pi, samples)
    radius = np.where(classes == 1, 0.5, 1.0)
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return points + noise * rng.standard_normal(points.shape), classes'''

MOONS = '''\
def moons(samples, noise, rng):
    """Return points on two half circles, one upside down in the other, and their classes."""
    classes = np.arange(samples) % 2
    angle = rng.uniform(0, np.pi, samples)
    across = np.where(classes == 1, 1 - np.cos(angle), np.cos(angle))
    up = np.where(classes == 1, 0.5 - np.sin(angle), np.sin(angle))
    points = np.column_stack([across, up])
    return points + noise * rng.standard_normal(points.shape), classes'''

SPIRAL = '''\
def spiral(samples, noise, rng):
    """Return points on two arms of a spiral, 7/8 of a turn opposite each other, and their classes."""
    classes = np.arange(samples) % 2
    radius = rng.uniform(0, 1, samples)
    angle = 1.75 * np.pi * radius + np.pi * classes
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    return points + noise * rng.standard_normal(points.shape), classes'''

SHAPES = {
    "circles": Shape("two circles", 0.1, CIRCLES),
    "moons": Shape("two half moons", 0.1, MOONS),
    "spiral": Shape("two arms of a spiral", 0.02, SPIRAL),
}


def points(name: str, classes: bool = False, samples: int | None = None, noise: float | None = None) -> Data:
    """Return points of a shape; with `classes` their targets as two columns, one for each class.

    Raises:
        KeyError: there is no such shape.
    """
    shape = SHAPES[name]
    given = [f"--samples {samples}" if samples is not None else "", f"--noise {noise!r}" if noise is not None else ""]
    count, spread = samples or SAMPLES, shape.noise if noise is None else noise
    return Data(
        name,
        shape.title,
        (
            f"x, classes = {name}({count}, {spread!r}, rng)",
            "y = np.eye(2)[classes]" if classes else "y = classes.reshape(-1, 1).astype(float)",
        ),
        inputs=2,
        outputs=2 if classes else 1,
        samples=count,
        functions=(shape.definition,),
        drawn=True,
        labels=("0", "1") if classes else (),
        options=" ".join([f"--data {name}", *filter(None, given)]),
    )

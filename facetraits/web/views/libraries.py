"""The browser libraries, which npm installs; the repository has no copies.

The wheel build also reads this file, without any of the package's dependencies.
"""

# URL → file of a package. A list, so that nothing else there can be requested.
FILES = {
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "uPlot.esm.js": "uplot/dist/uPlot.esm.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
}
# Files that must accompany them.
LICENSES = ("socket.io-client/LICENSE", "uplot/LICENSE")

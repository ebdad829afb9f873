"""The browser's libraries, which npm installs: no copy of theirs is in the repository.

The build of the wheel reads this file, too, and has none of the package's dependencies.
"""

# URL → file of a package. A list, so that nothing else there can be requested.
FILES = {
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "uPlot.esm.js": "uplot/dist/uPlot.esm.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
}
# What must go where the files go.
LICENSES = ("socket.io-client/LICENSE", "uplot/LICENSE")

"""Write the digests of a release and of what it was made of, when everything in it is there."""

from pathlib import Path

from jianfu.core import logs
from jianfu.core.files import write_json
from jianfu.release.manifest import make_manifest

if __name__ == "__main__":
    logs.start(snakemake)
    output = Path(snakemake.output.manifest)
    write_json(make_manifest(output.parents[1], Path.cwd()), output)

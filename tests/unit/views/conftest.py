"""work_dirs written by hand: ours, and as the original leaves them."""

import json

import numpy as np
import pytest

from fastdup_nb.store.workdir import WorkDir


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    """Six images' names; files with these contents: a = b, the others differ."""
    place = tmp_path / "photos"
    for name, content in {"a": "1", "b": "1", "c": "3", "d": "4", "e": "5", "f": "6"}.items():
        write(place / f"{name}.jpg", content)
    return place


@pytest.fixture
def ours(tmp_path, folder):
    """Good: a to f with gaps in the index; a and b are copies; c is near a and d near e."""
    place = tmp_path / "results"
    n = {name: str(folder / f"{name}.jpg") for name in "abcdef"}
    write(
        place / "atrain_features.dat.csv",
        "index,filename\n"
        + "".join(f"{i},{n[k]}\n" for i, k in zip((0, 1, 3, 4, 6, 7), "abcdef", strict=True)),
    )
    write(
        place / "similarity.csv",
        "from,to,distance\n"
        f"{n['a']},{n['b']},1.000000\n{n['b']},{n['a']},1.000000\n"
        f"{n['d']},{n['e']},0.970000\n{n['e']},{n['d']},0.970000\n"
        f"{n['c']},{n['a']},0.910000\n",
    )
    write(
        place / "outliers.csv", f"from,to,distance\n{n['c']},{n['a']},0.5\n{n['f']},{n['c']},0.2\n"
    )
    write(
        place / "connected_components.csv",
        "__id,component_id,count,mean_distance,min_distance,max_distance,pagerank,delta\n"
        "0,0,2,1,1,1,,\n1,0,2,1,1,1,,\n3,1,1,0,0,0,,\n4,2,2,0.97,0.97,0.97,,\n"
        "6,2,2,0.97,0.97,0.97,,\n7,3,1,0,0,0,,\n",
    )
    write(
        place / "atrain_features.bad.csv",
        "index,filename,error_code,filesize,reason\n"
        f'2,"{folder}/x,1.jpg",ERROR_ZERO_SIZE_FILE,0,the file is empty\n'
        f"5,{folder}/y.jpg,ERROR_CORRUPT_IMAGE,9,truncated JPEG\n"
        f"8,{folder}/z.jpg,ERROR_CORRUPT_IMAGE,9,truncated PNG\n",
    )
    rows = {"a": (640, 480, 900, 120), "b": (640, 480, 900, 120), "c": (640, 480, 3, 120)}
    rows |= {"d": (640, 480, 900, 5), "e": (640, 480, 900, 250), "f": (30, 480, 900, 120)}
    write(
        place / "atrain_stats.csv",
        "index,filename,width,height,blur,mean,file_size\n"
        + "".join(
            f"0,{n[k]},{w},{h},{blur},{mean},1234\n" for k, (w, h, blur, mean) in rows.items()
        ),
    )
    write(place / "config.json", json.dumps({"threshold": 0.9, "turi_param": "ccthreshold=0.95"}))
    digests = np.array([1, 1, 3, 4, 5, 6], "<i8").repeat(2)
    (place / ".fastdup_nb").mkdir()
    (place / ".fastdup_nb" / "digests.dat").write_bytes(digests.tobytes())
    return WorkDir.open(place)


@pytest.fixture
def original(tmp_path):
    """Findings as release 2.54 writes them: relative names, edges as counts, no reasons."""
    place = tmp_path / "original"
    write(place / "atrain_features.dat.csv", "index,filename\n0,p/a.jpg\n1,p/b.jpg\n3,p/c.jpg\n")
    write(
        place / "similarity.csv",
        "from,to,distance\n"
        "p/a.jpg,p/b.jpg,1.000000\np/b.jpg,p/a.jpg,1.000000\np/c.jpg,p/a.jpg,0.920000\n",
    )
    write(
        place / "connected_components.csv",
        "__id,component_id,count,mean_distance,min_distance,max_distance\n"
        "0,0,4,1.0,1.0,1.0\n1,0,4,1.0,1.0,1.0\n3,1,0,0.0,0.0,0.0\n",
    )
    write(
        place / "atrain_features.bad.csv",
        "index,filename,error_code,filesize\n2,p/x.jpg,ERROR_IMAGE_TOO_SMALL,90\n",
    )
    write(place / "atrain_stats.csv", "index,width,height,unique,blur,mean\n0,9,9,1,1,1\n")
    return WorkDir.open(place)

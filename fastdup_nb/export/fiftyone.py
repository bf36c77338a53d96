"""Results as a FiftyOne dataset; FiftyOne is imported only here, and only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import MissingDependencyError, OptionError

if TYPE_CHECKING:
    import pandas as pd

LABEL = "ground_truth"


def make_dataset(table: pd.DataFrame, name: str | None = None) -> Any:
    """Return a FiftyOne dataset with one sample per image.

    Parameters
    ----------
    table : DataFrame
        Of `fastdup_nb.export.tables.build_image_table`. The label becomes a classification in
        the field `ground_truth`; other columns become fields of their names; empty cells none.
    name : str, optional
        Of the dataset; FiftyOne makes one up when not given.

    Returns
    -------
    fiftyone.Dataset

    Raises
    ------
    MissingDependencyError
        When FiftyOne is not installed.
    OptionError
        When a dataset of that name exists: it is left alone.
    """
    try:
        import fiftyone as fo
    except ImportError as error:
        message = "A FiftyOne dataset needs FiftyOne."
        raise MissingDependencyError(message, "pip install fiftyone") from error
    if name is not None and fo.dataset_exists(name):
        message = f"FiftyOne has a dataset {name!r} already."
        raise OptionError(message, "Give another name, or delete that dataset first.")
    samples = []
    for row in table.to_dict("records"):
        sample = fo.Sample(filepath=row.pop("filename"))
        label = row.pop("label", "")
        if label:
            sample[LABEL] = fo.Classification(label=label)
        for column, value in row.items():
            if value is not None and value == value and value != "":  # noqa: PLR0124 - not NaN
                sample[str(column)] = value.item() if hasattr(value, "item") else value
        samples.append(sample)
    dataset = fo.Dataset(name) if name is not None else fo.Dataset()
    dataset.add_samples(samples)
    return dataset

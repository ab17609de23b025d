import gzip

import pytest

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.parallel import read_pairs


def test_a_file_that_was_cut_off_is_named(tmp_path):
    whole = gzip.compress(b"en\txx\nA sentence that is long enough\tEin Satz, der lang genug ist\n")
    (tmp_path / "cut.de.tsv.gz").write_bytes(whole[:-12])
    with pytest.raises(DataError, match=r"cut\.de\.tsv\.gz cannot be read"):
        read_pairs(tmp_path, most=1, seed=1)

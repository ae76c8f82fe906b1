"""detrlab.checks.codec: nested data with tensors, as JSON and back."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from detrlab.checks import codec

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(PLAIN)
def test_unflatten_restores_flattened_value(value):
    tensors = {}
    text = json.dumps(codec.flatten({"value": value, "tensor": torch.ones(2)}, tensors))
    restored = codec.unflatten(json.loads(text), tensors)
    assert torch.equal(restored["tensor"], torch.ones(2))
    assert repr(restored["value"]) == repr(value)


def test_codec_refuses_objects_and_malformed_data():
    with pytest.raises(TypeError, match="neither plain data nor a tensor"):
        codec.flatten(object(), {})
    for malformed in ({"tensor": "7"}, {"number": "pi"}, {"tuple": 3}, {}):
        with pytest.raises(ValueError, match="not of the form"):
            codec.unflatten(malformed, {})
    assert math.isnan(codec.unflatten({"number": "nan"}, {}))

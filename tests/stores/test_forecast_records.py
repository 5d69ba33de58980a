"""Records of forecasts, of today and of before they had intervals."""

import numpy as np

from twin.stores.records import ISSUED, ISSUED_1, Issued, pack_issued, unpack_issued

T0 = 1_772_000_000_000_000
HORIZONS = [8.0, 24.0, 168.0]


def test_old_records_without_intervals_are_still_read() -> None:
    old = np.zeros(2, dtype=ISSUED_1)
    old["slot"], old["time"], old["p"] = [3, 4], [T0, T0 + 1], [[0.1, 0.2, 0.3]] * 2
    record = b'["mill",2,[8.0,24.0,168.0]]\n' + old.tobytes()
    found = unpack_issued(record)
    assert found[:3] == ("mill", 2, HORIZONS)
    assert found.rows["p"].tolist() == old["p"].tolist()
    assert np.isnan(found.rows["life_h"]).all()
    assert unpack_issued(pack_issued(Issued("mill", 2, HORIZONS, found.rows))).rows.dtype == ISSUED

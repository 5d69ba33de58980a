"""A worker as one writes it first: a JSON message a sample, a filterpy filter a machine, a loop."""

import json
import math
from typing import Any

import numpy as np
import redis
from filterpy.common import Q_discrete_white_noise
from filterpy.kalman import KalmanFilter
from numpy.typing import NDArray

__all__ = ["NaiveWorker", "publish"]

GROUP = "naive"


def publish(client: redis.Redis, stream: str, rows: NDArray[np.void]) -> None:
    """One stream entry a sample, as JSON text."""
    pipe = client.pipeline(transaction=False)
    for row in rows:
        values = [None if math.isnan(v) else float(v) for v in row["value"]]
        message = {"machine": int(row["slot"]), "time": int(row["time"]), "values": values}
        pipe.xadd(stream, {"json": json.dumps(message)})
    pipe.execute()


class NaiveWorker:
    """Message by message: parse, predict, update, logistic, HSET, XACK."""

    def __init__(self, client: redis.Redis, stream: str, n_sensors: int) -> None:
        self.client, self.stream, self.m = client, stream, n_sensors
        self.machines: dict[int, Any] = {}
        client.xgroup_create(stream, GROUP, id="0", mkstream=True)
        self.weights = np.linspace(-1.0, 1.0, 2 * n_sensors)

    def run_once(self, count: int) -> int:
        """Work off up to `count` messages; how many there were."""
        reply: Any = self.client.xreadgroup(GROUP, "one", {self.stream: ">"}, count=count)
        messages = reply[0][1] if reply else []
        for message_id, fields in messages:
            self._apply(json.loads(fields[b"json"]))
            self.client.xack(self.stream, GROUP, message_id)
        return len(messages)

    def _apply(self, message: dict[str, Any]) -> None:
        machine = message["machine"]
        kf = self.machines.get(machine) or self._filter(machine)
        z = np.array([math.nan if v is None else v for v in message["values"]])
        kf.predict()
        seen = np.isfinite(z)
        kf.update(z[seen, None], R=kf.R[np.ix_(seen, seen)], H=kf.H[seen])
        risk = 1.0 / (1.0 + math.exp(-float(self.weights @ kf.x[:, 0])))
        levels = {f"level:{i}": float(v) for i, v in enumerate(kf.x[::2, 0])}
        fields: Any = {"time": message["time"], "p": risk, **levels}
        self.client.hset(f"naive:{machine}", mapping=fields)

    def _filter(self, machine: int) -> Any:
        kf = KalmanFilter(dim_x=2 * self.m, dim_z=self.m)
        kf.F = np.kron(np.eye(self.m), [[1.0, 1.0], [0.0, 1.0]])
        kf.H = np.kron(np.eye(self.m), [[1.0, 0.0]])
        kf.Q = np.kron(np.eye(self.m), Q_discrete_white_noise(dim=2, dt=1.0, var=1e-6))
        self.machines[machine] = kf
        return kf

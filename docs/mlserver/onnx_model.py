"""A detector's ONNX file under MLServer: images in, labels out."""

from __future__ import annotations

import asyncio
import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else it tells its makers

import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput
from mlserver.utils import get_model_uri


class OnnxModel(MLModel):
    """Answers ``images`` UINT8 (n, rows, columns, 3) with ``label`` INT64 (n,)."""

    async def load(self) -> bool:
        """Loads the file that ``model-settings.json`` names."""
        path = await get_model_uri(self._settings)
        self._session = onnxruntime.InferenceSession(
            path, providers=["CPUExecutionProvider"]
        )
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Labels one request's images; an unfit one is the client's error, 400."""
        given = {each.name: each for each in payload.inputs}
        if "images" not in given or given["images"].datatype != "UINT8":
            raise InferenceError("expected one input 'images' of datatype UINT8")
        try:
            images = NumpyCodec.decode_input(given["images"])
            labels = await asyncio.to_thread(self._label, images)
        except (
            ValueError,
            onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument,
        ):
            shape = self._session.get_inputs()[0].shape
            message = f"expected 'images' of shape {shape}"
            raise InferenceError(message) from None
        output = ResponseOutput(
            name="label", shape=[len(labels)], datatype="INT64", data=labels.tolist()
        )
        return InferenceResponse(model_name=self.name, outputs=[output])

    def _label(self, images: np.ndarray) -> np.ndarray:
        return self._session.run(["label"], {"images": images})[0]

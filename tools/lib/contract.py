"""The contracts under proto/, compiled when asked for: message classes, methods, and what a JSON body must look like."""

import base64
import json
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOOGLE = ROOT / "node_modules/google-proto-files"
PATHS = [ROOT / "proto", pathlib.Path("/usr/include"), GOOGLE]


class Contract:
    def __init__(self):
        files = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto").rglob("*.proto"))
        files += ["google/rpc/status.proto", "google/rpc/error_details.proto", "google/rpc/code.proto"]
        with tempfile.NamedTemporaryFile() as compiled:
            command = ["protoc", "--include_imports", f"--descriptor_set_out={compiled.name}"]
            subprocess.run(command + [f"-I{path}" for path in PATHS] + files, check=True, timeout=60)
            described = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(compiled.name).read_bytes())
        self._pool = descriptor_pool.DescriptorPool()
        for file in described.file:
            self._pool.Add(file)
        self._factory = message_factory.MessageFactory(self._pool)
        # Paths of our own contracts, such as clientele/customer/v1/customer.proto.
        self.files = [file for file in files if file.startswith("clientele/")]

    def message(self, full_name: str):
        """The class of a message; KeyError if the contracts have none of that name."""
        return self._factory.GetPrototype(self._pool.FindMessageTypeByName(full_name))

    def method(self, path: str):
        """The method "package.Service/Method" (or with a dot); KeyError if there is none."""
        service, _, name = path.replace("/", ".").rpartition(".")
        return self._pool.FindServiceByName(service).methods_by_name[name]

    def check_body(self, path: str, body: str) -> None:
        """Raises ValueError or KeyError unless `body` is JSON of the method's request."""
        request = self._factory.GetPrototype(self.method(path).input_type)()
        try:
            json_format.Parse(body or "{}", request, descriptor_pool=self._pool)
        except json_format.ParseError as error:
            raise ValueError(str(error)) from error

    def readable(self, message) -> dict:
        """A message as plain data; an Any inside whose type the contracts lack stays as type and base64."""
        try:
            return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=self._pool)
        except TypeError:
            return {"undecodable": base64.b64encode(message.SerializeToString()).decode()}

    def detail(self, type_name: str, value: str) -> dict:
        """One error detail as `buf curl` prints it: type name and base64 value."""
        message = self.message(type_name).FromString(base64.b64decode(value + "=" * (-len(value) % 4)))
        return {"type": type_name, **self.readable(message)}

    def status(self, encoded: bytes) -> dict:
        """A google.rpc.Status with its details."""
        status = self.message("google.rpc.Status").FromString(encoded)
        code = self._pool.FindEnumTypeByName("google.rpc.Code").values_by_number.get(status.code)
        details = []
        for detail in status.details:
            name = detail.type_url.rpartition("/")[2]
            try:
                details.append(self.detail(name, base64.b64encode(detail.value).decode()))
            except KeyError:
                details.append({"type": name, "value": base64.b64encode(detail.value).decode()})
        return {"code": code.name if code else status.code, "message": status.message, "details": details}


def plain(text: str):
    """JSON as data, or None."""
    try:
        return json.loads(text)
    except ValueError:
        return None

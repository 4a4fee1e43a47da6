import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * Lets `pulumi import` through: the engine (seen with 3.259) sends no properties with an import, and the server of the
 * Node.js SDK (3.270, `read` in provider/server.js) calls a method of theirs.
 */
export function acceptImports(): void {
  const { read } = providerService.ResourceProviderService;
  const deserialize = read.requestDeserialize;
  read.requestDeserialize = (bytes) => {
    const request = deserialize(bytes);
    return request.hasProperties() ? request : request.setProperties(new struct.Struct());
  };
}

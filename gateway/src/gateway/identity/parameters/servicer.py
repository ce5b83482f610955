"""Answers ParameterService."""

from chassis.errors import NotPermitted
from chassis.field_masks import changed_fields
from chassis.server import Call
from journeyman.identity.v1 import parameters_pb2 as pb

from gateway.identity.parameters import messages, store


class ParameterServicer:
    contract = pb.DESCRIPTOR.services_by_name["ParameterService"]

    def get_parameters(self, _: pb.GetParametersRequest, call: Call) -> pb.Parameters:
        return messages.rendered(store.read(call.connection))

    def update_parameters(self, request: pb.UpdateParametersRequest, call: Call) -> pb.Parameters:
        given = request.parameters
        fields = changed_fields(request.update_mask, given, mutable=messages.CHANGEABLE)
        values = messages.values_of(given, fields)
        if values and not call.scope.everything:
            raise NotPermitted("parameters.update")
        before = store.lock(call.connection)
        call.demand_etag(given.etag, before.version)
        if not values:
            return messages.rendered(before)
        row = store.change(call.connection, values, call.now)
        call.changed("parameters", fields)
        return messages.rendered(row)

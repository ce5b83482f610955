"""What reporting reads from its environment."""

from chassis.settings import Address, ServiceSettings


class ReportingSettings(ServiceSettings):
    """Reporting follows these services; it does not start without knowing where they are."""

    customer_target: Address
    marketing_target: Address
    visit_target: Address

"""The error list: what each refusal is called in Dataverse, with a sentence for a person."""

from typing import Final, NamedTuple

from .words import Refusal


class Catalogued(NamedTuple):
    """One entry of the error catalogue.

    Attributes
    ----------
    name : str
        The catalogue's name; the code itself where the catalogue has none, empty where neither
        exists.
    code : int
        Dataverse's error code, 0 where none is published.
    sentence : str
        What happened and what would help, for a person.
    """

    name: str
    code: int
    sentence: str


def _entry(refusal: Refusal, code: int, sentence: str) -> tuple[Refusal, Catalogued]:
    return refusal, Catalogued(refusal.name, code, sentence)


#: Every refusal with Dataverse's name and number and a sentence for a person.
CATALOGUE: Final[dict[Refusal, Catalogued]] = dict(
    [
        _entry(
            Refusal.EntitlementInvalidStartEndDate,
            0x80060600,
            "The start date lies after the end date. Move one of them.",
        ),
        _entry(
            Refusal.EntitlementInvalidState,
            0x80060601,
            "An active or waiting entitlement cannot be deleted: cancel or deactivate it first. "
            "One that has ended cannot be topped up.",
        ),
        _entry(
            Refusal.InvalidChannelOrigin,
            0x80060602,
            "The entitlement already has a row for this channel. Change that row instead.",
        ),
        _entry(
            Refusal.EntitlementChannelInvalidState,
            0x80060603,
            "Channel rows can only be added, changed or removed in Draft. Deactivate the "
            "entitlement first.",
        ),
        _entry(
            Refusal.EntitlementInvalidTerms,
            0x80060604,
            "The new total is lower than what has been used, so that less than nothing would "
            "remain.",
        ),
        _entry(
            Refusal.InvalidEntitlementChannelTerms,
            0x80060605,
            "A channel cannot hold more terms than the whole entitlement.",
        ),
        _entry(
            Refusal.InvalidEntitlementActivate,
            0x80060606,
            "Only a draft can be activated; a waiting, expired or cancelled entitlement cannot. "
            "Renew an expired or cancelled one.",
        ),
        _entry(
            Refusal.InvalidEntitlementCancel,
            0x80060607,
            "Only an active or waiting entitlement can be cancelled.",
        ),
        _entry(
            Refusal.InvalidEntitlementDeactivate,
            0x80060608,
            "Only an active or waiting entitlement can be deactivated.",
        ),
        _entry(
            Refusal.InvalidEntitlementAssociationToCase,
            0x80060609,
            "No terms are available for this case, on the whole or on its channel.",
        ),
        _entry(
            Refusal.InvalidEntitlementRenew,
            0x80060610,
            "Only an expired or cancelled entitlement can be renewed.",
        ),
        _entry(
            Refusal.InvalidEntitlementStateAssociateToCase,
            0x80060611,
            "Only an active entitlement can be attached to a case.",
        ),
        _entry(
            Refusal.EntitlementChannelWithoutEntitlementId,
            0x80060612,
            "A channel row needs an entitlement or template that it belongs to.",
        ),
        _entry(
            Refusal.EntitlementEditDraft,
            0x80060613,
            "Only a draft can be edited. Deactivate the entitlement first.",
        ),
        _entry(
            Refusal.EntitlementAlreadyInDraftState,
            0x80060614,
            "The entitlement is a draft already.",
        ),
        _entry(
            Refusal.EntitlementAlreadyInactiveState,
            0x80060615,
            "The entitlement is active already.",
        ),
        _entry(
            Refusal.EntitlementNotActiveInAssociationToCase,
            0x80060616,
            "A case can only be created with an active entitlement.",
        ),
        _entry(
            Refusal.InvalidEntitlementExpire,
            0x80060618,
            "Nobody can set an entitlement to expired; it expires when its end date has passed.",
        ),
        _entry(
            Refusal.EntitlementTotalTerms,
            0x80060619,
            "The total must be a whole number when terms are cases.",
        ),
        _entry(
            Refusal.EntitlementTemplateTotalTerms,
            0x80060620,
            "The template's total must be a whole number when terms are cases.",
        ),
        _entry(
            Refusal.EntitlementBlankTerms,
            0x80060622,
            "The total is blank. Give one, or let the entitlement not restrict cases.",
        ),
        _entry(
            Refusal.EntitlementInvalidRemainingTerms,
            0x80060624,
            "More terms would remain than the total holds.",
        ),
        _entry(
            Refusal.InvalidEntitlementTotalTerms,
            0x800443FF,
            "The total is lower than that of one of the entitlement's channels.",
        ),
        _entry(
            Refusal.InvalidEntitlementContacts,
            0x80044207,
            "The contact does not belong to the entitlement's customer.",
        ),
        _entry(
            Refusal.EntitlementAlreadyInCanceledState,
            0x80044208,
            "The entitlement is cancelled already.",
        ),
        _entry(
            Refusal.InvalidEntitlementForSelectedCustomerOrProduct,
            0x8004F866,
            "The entitlement does not match the case's customer, contact or product.",
        ),
        _entry(
            Refusal.CannotSetEntitlementTermsDecrementBehavior,
            0x80060851,
            "The privilege prvControlDecrementTerm is needed to say whether a case takes terms.",
        ),
        _entry(
            Refusal.CannotUpdateEntitlement,
            0x80060852,
            "Only an active entitlement can be the customer's default.",
        ),
        _entry(
            Refusal.CloseActiveChildCaseFirst,
            0x8003F452,
            "The case has active child cases. Close them first.",
        ),
        _entry(
            Refusal.CancelActiveChildCaseFirst,
            0x8003F451,
            "The case has active child cases. Cancel or resolve them first.",
        ),
        _entry(
            Refusal.NoIncidentMergeHavingSameParent,
            0x8003F450,
            "Children of different parents cannot be merged.",
        ),
        _entry(
            Refusal.MultilevelParentChildRelationshipNotAllowed,
            0x8003F453,
            "A child case has no children of its own.",
        ),
        _entry(
            Refusal.MaxChildCasesLimitExceeded,
            0x8003F454,
            "A parent case has at most 100 children.",
        ),
        _entry(
            Refusal.ParentCaseNotAllowedAsAChildCase,
            0x8003F455,
            "A case that has children cannot become a child.",
        ),
        _entry(
            Refusal.CannotCreateCase,
            0x80060853,
            "The customer's default entitlement has no terms left. Name another entitlement.",
        ),
        _entry(
            Refusal.InvalidPrimaryContactBasedOnAccount,
            0x8004F864,
            "The contact does not belong to the account that is the case's customer.",
        ),
        _entry(
            Refusal.InvalidPrimaryContactBasedOnContact,
            0x8004F865,
            "The contact is not the one that is the case's customer.",
        ),
        _entry(
            Refusal.CannotMergeCase,
            0x8004F457,
            "Merging cancels the case, and only an active case can be cancelled.",
        ),
        _entry(
            Refusal.CaseAlreadyResolved,
            0x800404CF,
            "The case is resolved, and resolved cases are locked. Reactivate it first.",
        ),
        (
            Refusal.OpenActivities,
            Catalogued(
                "0x8004440a",
                0x8004440A,
                "The case has open activities. Complete or cancel them first.",
            ),
        ),
        (
            Refusal.HoursDecreaseOnResolution,
            Catalogued("", 0, "An entitlement in hours can only decrease on resolution."),
        ),
        (
            Refusal.CaseNotActive,
            Catalogued("", 0, "The case is not active. Reactivate it first."),
        ),
        (Refusal.CaseAlreadyActive, Catalogued("", 0, "The case is active already.")),
        (
            Refusal.ChannelMissing,
            Catalogued("", 0, "The entitlement has no row for this channel."),
        ),
        (Refusal.NegativeTotalTerms, Catalogued("", 0, "A total lies between 0 and 1e11.")),
        (
            Refusal.RequiredFieldMissing,
            Catalogued("", 0, "A customer, and for an entitlement both dates, must be given."),
        ),
    ]
)

"""The catalogue of refusals: names and numbers as published, sentences for people."""

from entitlement_sim.rules.refusals import CATALOGUE
from entitlement_sim.rules.words import Refusal

UNNAMED = {
    Refusal.HoursDecreaseOnResolution,
    Refusal.CaseNotActive,
    Refusal.CaseAlreadyActive,
    Refusal.ChannelMissing,
    Refusal.NegativeTotalTerms,
    Refusal.RequiredFieldMissing,
}


def test_every_refusal_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) == set(Refusal) - {Refusal.NONE}


def test_only_refusals_without_a_published_code_have_no_name() -> None:
    assert {refusal for refusal, entry in CATALOGUE.items() if entry.name == ""} == UNNAMED
    assert {refusal for refusal, entry in CATALOGUE.items() if entry.code == 0} == UNNAMED


def test_names_and_codes_stand_for_one_refusal_each() -> None:
    names = [entry.name for entry in CATALOGUE.values() if entry.name]
    codes = [entry.code for entry in CATALOGUE.values() if entry.code]
    assert len(set(names)) == len(names)
    assert len(set(codes)) == len(codes)


def test_codes_are_those_of_dataverse() -> None:
    by_name = {entry.name: f"{entry.code:08X}" for entry in CATALOGUE.values() if entry.code}
    assert by_name == {
        "EntitlementInvalidStartEndDate": "80060600",
        "EntitlementInvalidState": "80060601",
        "InvalidChannelOrigin": "80060602",
        "EntitlementChannelInvalidState": "80060603",
        "EntitlementInvalidTerms": "80060604",
        "InvalidEntitlementChannelTerms": "80060605",
        "InvalidEntitlementActivate": "80060606",
        "InvalidEntitlementCancel": "80060607",
        "InvalidEntitlementDeactivate": "80060608",
        "InvalidEntitlementAssociationToCase": "80060609",
        "InvalidEntitlementRenew": "80060610",
        "InvalidEntitlementStateAssociateToCase": "80060611",
        "EntitlementChannelWithoutEntitlementId": "80060612",
        "EntitlementEditDraft": "80060613",
        "EntitlementAlreadyInDraftState": "80060614",
        "EntitlementAlreadyInactiveState": "80060615",
        "EntitlementNotActiveInAssociationToCase": "80060616",
        "InvalidEntitlementExpire": "80060618",
        "EntitlementTotalTerms": "80060619",
        "EntitlementTemplateTotalTerms": "80060620",
        "EntitlementBlankTerms": "80060622",
        "EntitlementInvalidRemainingTerms": "80060624",
        "InvalidEntitlementTotalTerms": "800443FF",
        "InvalidEntitlementContacts": "80044207",
        "EntitlementAlreadyInCanceledState": "80044208",
        "InvalidEntitlementForSelectedCustomerOrProduct": "8004F866",
        "CannotSetEntitlementTermsDecrementBehavior": "80060851",
        "CannotUpdateEntitlement": "80060852",
        "0x8004440a": "8004440A",
        "CloseActiveChildCaseFirst": "8003F452",
        "CancelActiveChildCaseFirst": "8003F451",
        "NoIncidentMergeHavingSameParent": "8003F450",
        "MultilevelParentChildRelationshipNotAllowed": "8003F453",
        "MaxChildCasesLimitExceeded": "8003F454",
        "ParentCaseNotAllowedAsAChildCase": "8003F455",
        "CannotCreateCase": "80060853",
        "InvalidPrimaryContactBasedOnAccount": "8004F864",
        "InvalidPrimaryContactBasedOnContact": "8004F865",
        "CannotMergeCase": "8004F457",
        "CaseAlreadyResolved": "800404CF",
    }


def test_every_refusal_has_a_sentence_that_ends() -> None:
    for entry in CATALOGUE.values():
        assert entry.sentence.endswith(".")
        assert entry.sentence[0].isupper()

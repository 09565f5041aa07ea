#include "server/demo/letters.h"

#include <array>

#include <fmt/format.h>

#include "fhir-model/xml/escape.h"

namespace varde::demo {
namespace {

std::string her(std::string_view id) {
  return fmt::format(R"(<Ident><Id>{}</Id><TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/></Ident>)", id);
}

std::string place(std::string_view element, const Place& at) {
  return fmt::format(
      "<{0}><Organisation><OrganisationName>{1}</OrganisationName>{2}"
      "<Organisation><OrganisationName>{3}</OrganisationName>{4}</Organisation></Organisation></{0}>",
      element, fhir::xml::escaped(at.organisation), her(at.organisation_her), fhir::xml::escaped(at.department),
      her(at.department_her));
}

std::string person(const Person& who) {
  std::string text = fmt::format("<Patient><FamilyName>{}</FamilyName><GivenName>{}</GivenName>",
                                 fhir::xml::escaped(who.family), fhir::xml::escaped(who.given));
  if (!who.birth_date.empty()) text += fmt::format("<DateOfBirth>{}</DateOfBirth>", who.birth_date);
  if (!who.sex.empty()) text += fmt::format(R"(<Sex V="{}" DN="{}"/>)", who.sex, who.sex == "1" ? "Mann" : "Kvinne");
  if (!who.number.empty())
    text += fmt::format(
        R"(<Ident><Id>{}</Id><TypeId V="FNR" DN="Fødselsnummer" S="2.16.578.1.12.4.1.1.8116"/></Ident>)", who.number);
  return text + "</Patient>";
}

struct EventRow {
  std::string_view type, name, element, code, words;
};
// clang-format off
constexpr std::array kEvents{
    EventRow{"LOG_INNLAGT",          "Melding om innlagt pasient",            "MeldingInnlagtPasient",            "1",  "Pasient innlagt"},
    EventRow{"LOG_UTSKRIVNINGSKLAR", "Melding om utskrivningsklar pasient",   "MeldingUtskrivningsklarPasient",   "3",  "Pasient utskrivningsklar"},
    EventRow{"LOG_AVMELDING",        "Avmelding av utskrivningsklar pasient", "AvmeldingUtskrivningsklarPasient", "4",  "Avmelding av utskrivningsklar pasient"},
    EventRow{"LOG_UTSKREVET",        "Melding om utskrevet pasient",          "MeldingOmUtskrevetPasient",        "2",  "Pasient utskrevet"},
    EventRow{"LOG_DOD",              "Orientering om dødsfall",               "OrienteringOmDod",                 "13", "Pasienten er død"},
};
// clang-format on

std::string_view status_words(std::string_view status) {
  return status == "C" ? "Kansellering" : status == "M" ? "Endring" : "Ny";
}

constexpr std::string_view kComponents =
    R"(xmlns="http://www.kith.no/xmlstds/po/poKomponent/2012-04-01" xmlns:fk1="http://www.kith.no/xmlstds/felleskomponent1")";

std::string logistics(const Letter& letter, const EventRow& event) {
  const std::string to =
      letter.type != "LOG_UTSKREVET"
          ? ""
          : R"(<UtskrevetTil><UtTil V="1" DN="Vanlig bosted, arbeidssted m.v." S="2.16.578.1.12.4.1.1.8408"/></UtskrevetTil>)";
  return fmt::format(
      R"(<p1:Pasientlogistikk xmlns:p1="http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01" {}>)"
      R"(<InformasjonOmForsendelsen><Forsendelsesstatus V="{}" DN="{}"/></InformasjonOmForsendelsen>)"
      R"(<p1:{}>{}<TidsfestetHendelse><Hendelsekode V="{}" DN="{}" S="2.16.578.1.12.4.1.1.9121"/>)"
      R"(<TidspunktForHendelse V="{}"/><Anslag>false</Anslag></TidsfestetHendelse></p1:{}></p1:Pasientlogistikk>)",
      kComponents, letter.status, status_words(letter.status), event.element, to, event.code, event.words, letter.event,
      event.element);
}

std::string referral(const Letter& letter) {
  return fmt::format(
      R"(<p5:HelseopplysningerVedSoknad xmlns:p5="http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2012-04-01" {} )"
      R"(xmlns:epj2="http://www.kith.no/xmlstds/epj/epj2/2008-02-20" xmlns:m1="http://www.kith.no/xmlstds/epj/meta/2008-02-20">)"
      R"(<InformasjonOmForsendelsen><Forsendelsesstatus V="{}" DN="{}"/></InformasjonOmForsendelsen>)"
      R"(<TypeInnholdIMelding><TypeInnhold V="2" DN="Oppdaterte opplysninger" S="2.16.578.1.12.4.1.1.9140"/></TypeInnholdIMelding>)"
      R"(<OpplysningOpphold><TidsfestetHendelse><Hendelsekode V="3" DN="Pasient utskrivningsklar" S="2.16.578.1.12.4.1.1.9121"/>)"
      R"(<TidspunktForHendelse V="{}"/><Anslag>true</Anslag></TidsfestetHendelse></OpplysningOpphold>)"
      R"(<MedisinskfagligeOpplysninger><epj2:GenereltJournalnotat m1:informasjonskategori="Andre notater" )"
      R"(komponentID="5c1f0b52-7c0e-4f57-8a3e-0d5a4c1e9b10" m1:komponenttype="2.16.578.1.12.4.1.6.13.11009.0" )"
      R"(m1:basiskomponenttype="EPJ dokument"><epj2:Journaltekst>)"
      R"(<epj2:Overskriftskode V="1" DN="Pasientens status" S="2.16.578.1.12.4.1.1.9145"/><epj2:Notat>{}</epj2:Notat>)"
      R"(</epj2:Journaltekst></epj2:GenereltJournalnotat></MedisinskfagligeOpplysninger></p5:HelseopplysningerVedSoknad>)",
      kComponents, letter.status, status_words(letter.status), letter.event, fhir::xml::escaped(letter.text));
}

}  // namespace

std::string write(const Letter& letter) {
  const EventRow* event = nullptr;
  for (const auto& row : kEvents)
    if (row.type == letter.type) event = &row;
  const std::string reference =
      letter.parent.empty() ? ""
                            : fmt::format(
                                  "<ConversationRef><RefToParent>{}</RefToParent><RefToConversation>{}</"
                                  "RefToConversation></ConversationRef>",
                                  letter.parent, letter.conversation.empty() ? letter.parent : letter.conversation);
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?>)"
      "\n"
      R"(<MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"><MsgInfo><Type V="{}" DN="{}"/>)"
      R"(<MIGversion>v1.2 2006-05-24</MIGversion><GenDate>{}</GenDate><MsgId>{}</MsgId>{}{}{}{}</MsgInfo>)"
      R"(<Document><RefDoc><IssueDate V="{}"/><MsgType V="XML" DN="XML-instans"/><Content>{}</Content></RefDoc></Document></MsgHead>)"
      "\n",
      letter.type, event ? event->name : "Helseopplysninger", letter.generated, letter.msg_id, reference,
      place("Sender", letter.sender), place("Receiver", letter.receiver), person(letter.patient), letter.generated,
      event ? logistics(letter, *event) : referral(letter));
}

Place hospital() { return {"Fjellvik sykehus HF", "910100", "Lungeavdelingen", "910110"}; }
Person copd_patient() { return {"Østby", "Åse Marie", "12854830013", "1948-05-12", "2"}; }
Person unknown_patient() { return {"Næss", "Ørjan", "24895130024", "1951-09-24", "1"}; }

}  // namespace varde::demo

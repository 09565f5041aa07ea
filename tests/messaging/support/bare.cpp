#include "tests/messaging/support/bare.h"

#include <fmt/format.h>

#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

std::string unit(std::string_view name, std::string_view her) {
  return fmt::format(R"(<HCP><Inst><Name>{}</Name><Id>{}</Id><TypeId V="HER" DN="HER-id"/></Inst></HCP>)", name, her);
}

std::string head(const Bare& bare, std::string_view ns, std::string_view type, std::string_view version) {
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?><Message xmlns="http://www.kith.no/xmlstds/{}"><Type V="{}"/>)"
      R"(<MIGversion>{}</MIGversion><GenDate V="2026-11-20T10:{:02}:00"/><MsgId>{}</MsgId>)",
      ns, type, version, bare.n, uuid(bare.n));
}

std::string patient(const Bare& bare, std::string_view more) {
  const auto& who = bare.patient;
  return fmt::format(
      R"(<Patient><Sex V="{}"/><DateOfBirth V="{}"/><Name>{}, {}</Name><OffId>{}</OffId><TypeOffId V="FNR" DN="Fødselsnummer"/>{}</Patient>)",
      who.sex, who.birth_date, who.family, who.given, who.number, more);
}

const std::string kHospital = unit("Fjellvik sykehus HF", "910100");
const std::string kOurs = unit("Varde kommune", kUs);

}  // namespace

std::string lab_report(const Bare& bare, const std::string& npu, const std::string& value, const std::string& in,
                       const std::string& deviation) {
  const auto result = fmt::format(
      R"(<AnalysedSubject><CollectedSample><CollectedDate V="2026-11-20T08:00:00"/></CollectedSample>)"
      R"(<TypeCoded S="2.16.578.1.12.4.1.1.8351" V="P" DN="Plasma"/><IdByServProvider>prove-1</IdByServProvider></AnalysedSubject>)"
      R"(<ResultItem><NumResult><NumResultValue V="{}" U="{}"/></NumResult><ServType V="N"/>)"
      R"(<RefInterval><Descr>&lt; 5</Descr></RefInterval>)"
      R"(<Investigation><Id V="{}" S="2.16.578.1.12.4.1.1.7280" DN="P-CRP"/></Investigation>{}<IdResultItem>r-1</IdResultItem>)"
      R"(<StatusInvestigation V="3"/><RefAnalysedSubject>prove-1</RefAnalysedSubject></ResultItem>)",
      value, in, npu, deviation.empty() ? "" : fmt::format(R"(<DevResultInd V="{}"/>)", deviation));
  return head(bare, "labsvar/2012-02-15", "SVAR_LAB", "v1.4 2012-02-15") +
         fmt::format(
             R"(<ServReport><ServType V="{}"/><IssueDate V="2026-11-20T09:30:00"/><Status V="F"/><MsgDescr V="CLIN" DN="Medisinsk biokjemi"/>)"
             R"(<ServProvId>{}</ServProvId><ServReq><Id>rekvisisjon-1</Id></ServReq>{}<ServProvider>{}</ServProvider>)"
             R"(<Requester>{}</Requester></ServReport></Message>)",
             bare.status, bare.document, patient(bare, result), kHospital, kOurs);
}

std::string discharge_letter(const Bare& bare, const std::string& diagnosis) {
  return head(bare, "epikrise/2012-02-15", "EPIKRISE", "v1.2 2012-02-15") +
         fmt::format(
             R"(<ServRprt><ServType V="{}"/><IssueDate V="2026-11-20T09:30:00"/><Status V="F"/><MsgDescr>Sykehusepikrise</MsgDescr>)"
             R"(<ServProvId>{}</ServProvId><Event><ReportedEvent><StartDateTime V="2026-11-15T09:00:00"/>)"
             R"(<EndDateTime V="2026-11-19T13:00:00"/></ReportedEvent><ServType V="N"/><Service><AdmCat V="1"/></Service>)"
             R"(<InfItem><Observation><CodedDescr><Concept V="{}" S="2.16.578.1.12.4.1.1.7110" DN="Kols med akutt forverring"/></CodedDescr></Observation>)"
             R"(<Type V="H" DN="Hoveddiagnose"/></InfItem><Comment><Heading V="VU" DN="Vurdering"/><TextResultValue>)"
             R"(<div xmlns="http://www.w3.org/1999/xhtml"><p>Bedre <b>etter</b> antibiotika.</p></div></TextResultValue></Comment></Event>)"
             R"({}<ServProvider>{}</ServProvider><Requester>{}</Requester></ServRprt></Message>)",
             bare.status, bare.document, diagnosis, patient(bare, ""), kHospital, kOurs);
}

std::string referral(const Bare& bare, const std::string& reason) {
  return head(bare, "henvisning/2012-02-15", "HENVISNING", "v1.1 2012-02-15") +
         fmt::format(
             R"(<ServReq><ServType V="{}"/><IssueDate V="2026-11-20T09:30:00"/><MsgDescr V="10" DN="Utredning/behandling"/><Id>{}</Id>)"
             R"({}<ServProvider>{}</ServProvider><Requester>{}</Requester><ReasonAsText><Heading V="PROB" DN="Aktuell problemstilling"/>)"
             R"(<TextResultValue>{}</TextResultValue></ReasonAsText><Diagnosis><Concept V="R95" S="2.16.578.1.12.4.1.1.7170" DN="Kols"/></Diagnosis>)"
             R"(<ReqServ><ServType V="N"/><Priority V="3" DN="Haster"/></ReqServ></ServReq></Message>)",
             bare.status, bare.document, patient(bare, ""), kOurs, unit("Bjørkelia legesenter", kGpHer), reason);
}

}  // namespace varde::messaging::test

#include "fhir-model/xml/diff.h"

#include <fmt/format.h>

#include <optional>

#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/parsers/SAX2XMLReaderImpl.hpp>
#include <xercesc/sax/SAXParseException.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>
#include <xercesc/util/XMLUni.hpp>

#include "fhir-model/text/utf8.h"
#include "fhir-model/xml/utf8.h"

namespace varde::fhir::xml {
namespace {

namespace xc = xercesc;

struct Stop {};

constexpr std::size_t kDeepest = 200;

class Handler : public xc::DefaultHandler {
 public:
  Handler(std::string_view source, std::size_t most, xc::SAX2XMLReaderImpl& reader)
      : source_(source), most_(most), reader_(reader) {}

  Result<std::vector<Change>> result() {
    if (failure_) return tl::unexpected<Failure>(std::move(*failure_));
    return std::move(changes_);
  }

  void startDTD(const XMLCh*, const XMLCh*, const XMLCh*) override {
    stop(Fault::not_well_formed, "An XML Patch may not have a document type declaration; take it out.");
  }
  void startElement(const XMLCh*, const XMLCh* local, const XMLCh*, const xc::Attributes& attributes) override {
    if (++depth_ > kDeepest) stop(Fault::too_deep, "The XML Patch nests too deep.");
    const std::string name = to_utf8(local);
    if (depth_ == 1) return root(name, attributes);
    if (depth_ == 2) return begin(name, attributes);
    changes_.back().has_elements = true;
  }
  void endElement(const XMLCh*, const XMLCh*, const XMLCh*) override {
    if (depth_-- != 2) return;
    const std::size_t end = std::min(offset(), source_.size());
    const std::size_t tag = end < 2 || source_[end - 2] == '/' ? begun_ : source_.rfind("</", end - 1);
    if (tag != source_.npos && tag > begun_) changes_.back().content = source_.substr(begun_, tag - begun_);
  }
  void characters(const XMLCh* text, XMLSize_t length) override {
    if (depth_ == 2) append_utf8({text, length}, changes_.back().text);
  }
  void fatalError(const xc::SAXParseException& e) override {
    stop(Fault::not_well_formed, fmt::format("The XML Patch is not well-formed at line {}.", e.getLineNumber()));
  }
  void error(const xc::SAXParseException& e) override { fatalError(e); }

 private:
  std::size_t offset() const { return static_cast<std::size_t>(reader_.getSrcOffset()); }

  [[noreturn]] void stop(Fault fault, std::string diagnostics) {
    failure_ = Failure{fault, std::move(diagnostics)};
    throw Stop{};
  }

  void root(const std::string& name, const xc::Attributes& attributes) {
    if (source_.substr(0, offset()).find("<!DOCTYPE") != source_.npos) startDTD(nullptr, nullptr, nullptr);
    if (name != "diff" && name != "patch") stop(Fault::patch_malformed, "An XML Patch is a diff element.");
    declarations_ = declarations_of(attributes);
  }

  void begin(const std::string& name, const xc::Attributes& attributes) {
    if (changes_.size() >= most_) stop(Fault::too_large, fmt::format("An XML Patch has at most {} operations.", most_));
    Change& change = changes_.emplace_back();
    if (name == "add")
      change.op = Change::Op::add;
    else if (name == "replace")
      change.op = Change::Op::replace;
    else if (name == "remove")
      change.op = Change::Op::remove;
    else
      stop(Fault::patch_malformed, "The operations of an XML Patch are add, replace and remove.");
    const auto attribute = [&](const char16_t* which) {
      const XMLCh* value = attributes.getValue(which);
      return value ? to_utf8(value) : std::string();
    };
    change.select = attribute(u"sel"), change.position = attribute(u"pos"), change.type = attribute(u"type");
    change.declarations = declarations_ + declarations_of(attributes);
    if (change.select.empty()) stop(Fault::patch_malformed, "An operation of an XML Patch says where: sel.");
    begun_ = offset();
  }

  static std::string declarations_of(const xc::Attributes& attributes) {
    std::string out;
    for (XMLSize_t i = 0; i < attributes.getLength(); ++i) {
      const std::string name = to_utf8(attributes.getQName(i)), value = to_utf8(attributes.getValue(i));
      if (name != "xmlns" && !name.starts_with("xmlns:")) continue;
      if (value.find_first_of("\"<&") == std::string::npos) out += fmt::format(" {}=\"{}\"", name, value);
    }
    return out;
  }

  std::string_view source_;
  const std::size_t most_;
  xc::SAX2XMLReaderImpl& reader_;
  std::vector<Change> changes_;
  std::string declarations_;
  std::optional<Failure> failure_;
  std::size_t depth_ = 0, begun_ = 0;
};

}  // namespace

Result<std::vector<Change>> read_diff(std::string_view document, std::size_t most) {
  if (text::first_invalid_utf8(document) != document.npos || document.find('\0') != document.npos)
    return fail(Fault::encoding_invalid, "An XML Patch is sent in UTF-8.");
  xc::SAX2XMLReaderImpl reader;
  reader.setFeature(xc::XMLUni::fgSAX2CoreValidation, false);
  reader.setFeature(xc::XMLUni::fgXercesSchema, false);
  reader.setFeature(xc::XMLUni::fgXercesLoadExternalDTD, false);
  reader.setFeature(xc::XMLUni::fgXercesDisableDefaultEntityResolution, true);
  reader.setFeature(xc::XMLUni::fgSAX2CoreNameSpaces, true);
  reader.setFeature(xc::XMLUni::fgSAX2CoreNameSpacePrefixes, true);
  reader.setFeature(xc::XMLUni::fgXercesCalculateSrcOfs, true);
  Handler handler(document, most, reader);
  reader.setContentHandler(&handler);
  reader.setLexicalHandler(&handler);
  reader.setErrorHandler(&handler);
  const xc::MemBufInputSource input(reinterpret_cast<const XMLByte*>(document.data()), document.size(), u"patch");
  try {
    reader.parse(input);
  } catch (const Stop&) {  // the handler knows why
  } catch (const xc::XMLException& e) {
    return fail(Fault::not_well_formed, fmt::format("The XML Patch is not well-formed at line {}.", e.getSrcLine()));
  }
  return handler.result();
}

}  // namespace varde::fhir::xml

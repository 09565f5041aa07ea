#include "mappings/reader/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/framework/XMLErrorCodes.hpp>
#include <xercesc/framework/XMLGrammarPoolImpl.hpp>
#include <xercesc/framework/XMLValidityCodes.hpp>
#include <xercesc/sax/SAXException.hpp>
#include <xercesc/sax/SAXParseException.hpp>
#include <xercesc/util/OutOfMemoryException.hpp>
#include <xercesc/util/XMLEntityResolver.hpp>
#include <xercesc/util/XMLResourceIdentifier.hpp>
#include <xercesc/util/XMLUni.hpp>

#include "fhir-model/xml/escape.h"
#include "mappings/reader/diagnosis.h"
#include "mappings/reader/encoding.h"
#include "mappings/reader/expected.h"
#include "mappings/reader/utf16.h"

namespace varde::mappings {
namespace {

using xercesc::MemBufInputSource;
using xercesc::XMLUni;

using fhir::xml::append_escaped;
using fhir::xml::Escape;

static_assert(std::is_same_v<XMLCh, char16_t>);

constexpr XMLSize_t kMostForeignStrings = 1000;  ///< namespaces of messages kept by one parser
constexpr std::size_t kMostValidityErrors = 10'000;
constexpr std::string_view kContainer = "http://www.kith.no/xmlstds/base64container";
constexpr std::string_view kXhtml = "http://www.w3.org/1999/xhtml";

std::unique_ptr<xercesc::InputSource> input(std::string_view bytes, std::string_view name) {
  const auto system_id = to_utf16(name);
  return std::make_unique<MemBufInputSource>(reinterpret_cast<const XMLByte*>(bytes.data()), bytes.size(),
                                             system_id.c_str());
}

/// Schemas find each other by name; nothing else is ever opened.
class OnlyOurs final : public xercesc::XMLEntityResolver {
 public:
  explicit OnlyOurs(const std::vector<SchemaText>& schemas) : schemas_(schemas) {}
  xercesc::InputSource* resolveEntity(xercesc::XMLResourceIdentifier* wanted) override {
    const std::string id = to_utf8(wanted->getSchemaLocation());
    const auto slash = id.rfind('/');
    const std::string name = slash == std::string::npos ? id : id.substr(slash + 1);
    const auto found = std::ranges::find(schemas_, name, &SchemaText::name);
    if (found == schemas_.end()) return input("", "nothing").release();
    return input(found->text, name).release();
  }

 private:
  const std::vector<SchemaText>& schemas_;
};

class Nothing final : public xercesc::XMLEntityResolver {
 public:
  xercesc::InputSource* resolveEntity(xercesc::XMLResourceIdentifier*) override {
    return input("", "nothing").release();
  }
};

class ThrowOnError final : public xercesc::DefaultHandler {
 public:
  void error(const xercesc::SAXParseException& e) override { fatalError(e); }
  void fatalError(const xercesc::SAXParseException& e) override {
    throw std::logic_error(
        fmt::format("{} line {}: {}", to_utf8(e.getSystemId()), e.getLineNumber(), to_utf8(e.getMessage())));
  }
};

/// A schema that imports all the others, so that one load compiles them together.
std::string entry_point(const std::vector<SchemaText>& schemas) {
  std::string imports;
  for (const SchemaText& schema : schemas)
    if (!schema.ns.empty())
      imports += fmt::format("<xs:import namespace=\"{}\" schemaLocation=\"{}\"/>", schema.ns, schema.name);
  return fmt::format("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">{}</xs:schema>", imports);
}

}  // namespace

std::unique_ptr<Parser> Parser::compile(const std::vector<SchemaText>& schemas, const KnownNames& names) {
  auto compiled = std::make_unique<xercesc::XMLGrammarPoolImpl>(xercesc::XMLPlatformUtils::fgMemoryManager);
  {
    xercesc::SAX2XMLReaderImpl loader(xercesc::XMLPlatformUtils::fgMemoryManager, compiled.get());
    OnlyOurs resolver(schemas);
    ThrowOnError errors;
    loader.setXMLEntityResolver(&resolver);
    loader.setErrorHandler(&errors);
    loader.setFeature(XMLUni::fgSAX2CoreNameSpaces, true);
    loader.setFeature(XMLUni::fgSAX2CoreValidation, true);
    loader.setFeature(XMLUni::fgXercesSchema, true);
    loader.setFeature(XMLUni::fgXercesHandleMultipleImports, true);
    const std::string entry = entry_point(schemas);
    loader.loadGrammar(*input(entry, "entry"), xercesc::Grammar::SchemaGrammarType, true);
  }
  return std::unique_ptr<Parser>(new Parser(std::move(compiled), names));
}

Parser::Parser(std::unique_ptr<xercesc::XMLGrammarPool> compiled, const KnownNames& names)
    : Grammars{std::move(compiled)},
      SAX2XMLReaderImpl(xercesc::XMLPlatformUtils::fgMemoryManager, grammars.get()),
      names_(names) {
  static Nothing nothing;
  setContentHandler(&events_);
  setErrorHandler(&events_);
  setLexicalHandler(&events_);
  setXMLEntityResolver(&nothing);
  setFeature(XMLUni::fgSAX2CoreNameSpaces, true);
  setFeature(XMLUni::fgSAX2CoreValidation, true);
  setFeature(XMLUni::fgXercesDynamic, false);
  setFeature(XMLUni::fgXercesSchema, true);
  setFeature(XMLUni::fgXercesSchemaFullChecking, false);
  setFeature(XMLUni::fgXercesUseCachedGrammarInParse, true);
  setFeature(XMLUni::fgXercesLoadSchema, false);  // xsi:schemaLocation of a message is ignored
  setFeature(XMLUni::fgXercesLoadExternalDTD, false);
  setFeature(XMLUni::fgXercesContinueAfterFatalError, true);  // error() stops, and knows when not to
  setFeature(XMLUni::fgXercesDisableDefaultEntityResolution, true);
  strings_at_start_ = grammars->getURIStringPool()->getStringCount();
}

bool Parser::worn_out() const {
  return grammars->getURIStringPool()->getStringCount() > strings_at_start_ + kMostForeignStrings;
}

Reading Parser::read(std::string_view bytes, std::size_t most_depth) {
  most_depth_ = most_depth;
  const auto problem = encoding_problem(bytes);
  const SetAside aside(bytes);
  auto reading = parse(aside.text(), aside, problem);
  if (reading.well_formed && met_ < aside.size()) return parse(bytes, SetAside({}), problem);  // it stood elsewhere
  reading.looks_at_bytes = !aside.empty();
  return reading;
}

Reading Parser::parse(std::string_view text, const SetAside& aside, const std::optional<Failure>& problem) {
  aside_ = &aside, met_ = 0;
  reading_ = {};
  open_.clear();
  holds_markup_ = nullptr;
  found_.clear();
  elements_ = validity_errors_ = 0;
  reading_.well_formed = true;
  try {
    SAX2XMLReaderImpl::parse(*input(text, "message"));
  } catch (const Refused& refused) {
    reading_.well_formed = false;
    reading_.failures.push_back({refused.fault, refused.why});
  } catch (const Broken&) {
    reading_.well_formed = false;
  } catch (const xercesc::SAXException&) {
    reading_.well_formed = false;
  } catch (const xercesc::XMLException&) {
    reading_.well_formed = false;
  }
  place_findings(nullptr);
  if (problem) {
    reading_.well_formed = false;
    reading_.failures = {*problem};
  }
  if (!reading_.well_formed)  // whether a text that breaks off would have followed the schema means nothing
    std::erase_if(reading_.failures, [](const Failure& failure) { return failure.fault == Fault::schema_invalid; });
  if (!reading_.well_formed && reading_.failures.empty())
    reading_.failures.push_back({Fault::not_well_formed, "The text is not well-formed XML."});
  reading_.schema_valid = reading_.well_formed && reading_.failures.empty();
  return std::move(reading_);
}

void Parser::startElement(const xercesc::XMLElementDecl& declaration, unsigned int uri, const XMLCh*,
                          const xercesc::RefVectorOf<xercesc::XMLAttr>& attributes, XMLSize_t count, bool empty,
                          bool root) {
  if (open_.size() >= most_depth_)
    throw Refused{Fault::too_deep, fmt::format("Elements are nested deeper than {} levels.", most_depth_)};
  if (++elements_ > XmlReader::kMostElements)
    throw Refused{Fault::too_large, fmt::format("There are more than {} elements.", XmlReader::kMostElements)};
  XmlNode& node = root ? reading_.root : open_.back()->children.emplace_back();
  node.ns = namespace_of(uri);
  node.name = to_utf8(declaration.getBaseName());
  node.line = line();
  node.column = events_.place->getColumnNumber();
  for (XMLSize_t i = 0; i < count; ++i) {
    const xercesc::XMLAttr& attribute = *attributes.elementAt(i);
    const XMLCh* prefix = attribute.getPrefix();
    const auto* name = attribute.getName();
    // Of the attributes with a prefix only this one holds what the standards do not fix; but a Node is of any kind.
    const std::u16string_view local = name;
    const bool kept = local == u"informasjonskategori" ||
                      (node.name == "Node" && (local == u"basiskomponenttype" || local == u"komponenttype"));
    if ((prefix && *prefix && !kept) || std::u16string_view(name) == u"xmlns") continue;
    node.attributes.emplace_back(to_utf8(name), to_utf8(attribute.getValue()));
  }
  if (!root) write_start(node, *open_.back());
  open_.push_back(&node);
  place_findings(&declaration);
  if (empty) leave();
}

void Parser::endElement(const xercesc::XMLElementDecl& declaration, unsigned int, bool, const XMLCh*) {
  place_findings(&declaration);
  leave();
}

void Parser::write_start(const XmlNode& node, const XmlNode& parent) {
  if (!holds_markup_ && node.ns == kXhtml && parent.ns != kXhtml && parent.children.size() == 1) {
    holds_markup_ = open_.back();
    append_escaped(parent.text, Escape::text, holds_markup_->markup);
  }
  if (!holds_markup_) return;
  std::string& out = holds_markup_->markup;
  out += "<" + node.name;
  if (node.ns != (&parent == holds_markup_ ? std::string_view() : std::string_view(parent.ns)))
    out += " xmlns=\"" + node.ns + "\"";
  for (const auto& [name, value] : node.attributes) {
    out += " " + name + "=\"";
    append_escaped(value, Escape::attribute, out);
    out += '"';
  }
  out += '>';
}

std::size_t Parser::line() const {
  return aside_->line_of(events_.place->getLineNumber(), events_.place->getColumnNumber());
}

/// MsgHead/Document/RefDoc/Content/Base64Container: nothing else is looked at where it lies.
bool Parser::is_attachment() const {
  return open_.size() == 5 && open_[0]->name == "MsgHead" && open_[1]->name == "Document" &&
         open_[4]->name == "Base64Container" && open_[4]->ns == kContainer;
}

void Parser::leave() {
  if (!aside_->empty() && is_attachment()) {
    open_.back()->aside = aside_->meant_by(open_.back()->text);
    if (!open_.back()->aside.empty()) open_.back()->text.clear(), ++met_;
  }
  if (holds_markup_ == open_.back())
    holds_markup_ = nullptr;
  else if (holds_markup_)
    holds_markup_->markup += "</" + open_.back()->name + ">";
  open_.pop_back();
}

void Parser::docCharacters(const XMLCh* text, XMLSize_t length, bool) {
  if (open_.empty()) return;
  std::string& all = open_.back()->text;
  const auto before = all.size();
  append_utf8({text, length}, all);
  if (holds_markup_) append_escaped(std::string_view(all).substr(before), Escape::text, holds_markup_->markup);
}

void Parser::doctypeDecl(const xercesc::DTDElementDecl&, const XMLCh*, const XMLCh*, bool, bool) {
  throw Refused{Fault::not_well_formed, "A document type declaration is not accepted in a message."};
}

void Parser::error(unsigned int code, const XMLCh* domain, xercesc::XMLErrorReporter::ErrTypes type, const XMLCh* text,
                   const XMLCh*, const XMLCh*, XMLFileLoc text_line, XMLFileLoc column) {
  const auto line = aside_->line_of(text_line, column);
  if (type == xercesc::XMLErrorReporter::ErrType_Warning) return;
  // xsi:schemaLocation is a hint that is not followed here, so it cannot be wrong; Xerces calls an odd one fatal.
  if (code == xercesc::XMLErrs::BadSchemaLocation && std::u16string_view(domain) == XMLUni::fgXMLErrDomain) return;
  const bool validity = type != xercesc::XMLErrorReporter::ErrType_Fatal;
  if (!validity) reading_.well_formed = false;
  // What a type's own check or a decoder threw comes with the code of the exception.
  if (std::u16string_view(domain) == XMLUni::fgExceptDomain)
    code = validity ? unsigned{xercesc::XMLValid::DatatypeError} : unsigned{xercesc::XMLErrs::XMLException_Fatal};
  if (validity && ++validity_errors_ > kMostValidityErrors)
    throw Refused{Fault::too_large, "There are too many errors to go on."};
  if (reading_.failures.size() + found_.size() >= XmlReader::kMostFailures && validity) return;

  const Report report{validity, code, to_utf8(text)};
  Finding finding{diagnose(report, [&](std::string_view name) { return known(name); }),
                  validity && (code == xercesc::XMLValid::ElementNotValidForContent ||
                               code == xercesc::XMLValid::NotEnoughElemsForCM ||
                               code == xercesc::XMLValid::EmptyNotValidForContent)};
  finding.failure.diagnostics += fmt::format(" Line {}, column {}.", line, column);
  finding.failure.place = {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)};
  found_.push_back(std::move(finding));
  if (!validity) throw Broken{};
}

/// The child that does not belong, if it is one; what should have been there goes into the diagnostics.
const XmlNode* Parser::explain_content(Finding& finding, const xercesc::XMLElementDecl* declaration) {
  if (!finding.content || !declaration || open_.empty()) return nullptr;
  const auto& children = open_.back()->children;
  const auto place = expected(*declaration, children, *grammars->getURIStringPool());
  if (!place) return nullptr;
  std::string names;
  for (const std::string& name : place->names) names += (names.empty() ? "" : ", ") + known(name);
  if (place->index == children.size()) {
    finding.failure.diagnostics = fmt::format("A mandatory element is missing; expected: {}. Line {}.", names, line());
    return nullptr;
  }
  const XmlNode& child = children[place->index];
  finding.failure.diagnostics =
      fmt::format("The element {} is not expected here{}{}. Line {}, column {}.", known(child.name),
                  names.empty() ? ", nothing more is" : "; expected: ", names, child.line, child.column);
  finding.failure.place = {static_cast<std::uint32_t>(child.line), static_cast<std::uint32_t>(child.column)};
  return &child;
}

void Parser::place_findings(const xercesc::XMLElementDecl* declaration) {
  for (Finding& finding : found_) {
    const XmlNode* child = explain_content(finding, declaration);
    finding.failure.expression = path(child);
    // An unknown element is reported at its start, and again when its parent's content is judged.
    if (child && std::ranges::count(reading_.failures, finding.failure.expression, &Failure::expression) > 0) continue;
    reading_.failures.push_back(std::move(finding.failure));
  }
  found_.clear();
}

std::string Parser::path(const XmlNode* child) const {
  std::string out;
  const XmlNode* parent = nullptr;
  const auto step = [&](const XmlNode& node) {
    out += "/" + known(node.name);
    if (parent) {
      const auto same = [&](const XmlNode& sibling) { return sibling.name == node.name; };
      const auto before = std::count_if(parent->children.data(), &node, same);
      if (before > 0) out += fmt::format("[{}]", before + 1);
    }
    parent = &node;
  };
  for (const XmlNode* node : open_) step(*node);
  if (child) step(*child);
  return out;
}

const std::string& Parser::namespace_of(unsigned int uri) {
  if (uri >= namespaces_.size()) namespaces_.resize(uri + 1);
  if (namespaces_[uri].empty()) namespaces_[uri] = to_utf8(getURIText(uri));
  return namespaces_[uri];
}

std::string Parser::known(std::string_view name) const {
  return names_.contains(name) ? std::string(name) : std::string("(unknown)");
}

}  // namespace varde::mappings

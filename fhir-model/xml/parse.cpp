#include <fmt/format.h>

#include <memory>
#include <optional>
#include <type_traits>
#include <vector>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/parsers/SAX2XMLReaderImpl.hpp>
#include <xercesc/sax/SAXParseException.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>
#include <xercesc/util/PlatformUtils.hpp>
#include <xercesc/util/XMLUni.hpp>

#include "fhir-model/text/name.h"
#include "fhir-model/text/position.h"
#include "fhir-model/text/utf8.h"
#include "fhir-model/xml/encoding.h"
#include "fhir-model/xml/narrative.h"
#include "fhir-model/xml/utf8.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhir {
namespace {

namespace xc = xercesc;
static_assert(std::is_same_v<XMLCh, char16_t>);

constexpr std::u16string_view kFhir = u"http://hl7.org/fhir", kXhtml = u"http://www.w3.org/1999/xhtml",
                              kSchemaInstance = u"http://www.w3.org/2001/XMLSchema-instance";
constexpr std::size_t kMostFailures = 20;

/// Xerces' start-up is not safe from several threads at once: it happens before main.
const struct Platform {
  Platform() { xc::XMLPlatformUtils::Initialize(); }
} kPlatform;

/// Leaves the parser; the failure is in the handler. Xerces has no other way out of a callback.
struct Stop {};

/// An element that is open.
struct Frame {
  enum class Kind : std::uint8_t {
    element,  ///< a node of the tree
    holder,   ///< contained, resource: stands around one resource
    skipped,  ///< unknown, with everything below it
  };
  Kind kind;
  std::uint32_t node;            ///< of a holder: the node around it
  const ElementRow* definition;  ///< of a holder and of elements; nullptr at the root
  std::uint16_t last_order = 0;  ///< of the children so far
  bool filled = false;           ///< a holder has its resource
};

class Handler : public xc::DefaultHandler {
 public:
  Handler(std::string_view source, const JsonLimits& limits, XmlOrder order, xc::SAX2XMLReaderImpl& reader)
      : source_(source), limits_(limits), order_(order), reader_(reader) {}

  /// `forgiven`: where to put what is wrong, when that shall not refuse the rest.
  Result<Tree> result(std::vector<Failure>* forgiven) {
    if (forgiven && tree_ && !stopped_) {
      *forgiven = std::move(failures_);
      return std::move(*tree_);
    }
    if (!failures_.empty()) {
      Failure first = std::move(failures_.front());
      first.also.assign(std::make_move_iterator(failures_.begin() + 1), std::make_move_iterator(failures_.end()));
      return tl::unexpected(std::move(first));
    }
    if (!tree_) return fail(Fault::not_well_formed, "The XML holds no resource.");
    return std::move(*tree_);
  }

  void startDTD(const XMLCh*, const XMLCh*, const XMLCh*) override {
    stop(Fault::not_well_formed, "FHIR XML may not have a document type declaration; take it out");
  }

  void startElement(const XMLCh* uri, const XMLCh* local, const XMLCh* qualified,
                    const xc::Attributes& attributes) override {
    if (++depth_ > limits_.depth) stop(Fault::too_deep, fmt::format("XML nests deeper than {} levels", limits_.depth));
    if (++elements_ > limits_.elements)
      stop(Fault::too_large, fmt::format("The XML has more than {} elements", limits_.elements));
    if (narrative_) return narrative_->open(qualified, attributes, source_, offset());
    const std::u16string_view name_space(uri);
    const std::string name = xml::to_utf8(local);
    if (frames_.empty()) return root(name_space, name, attributes);
    Frame& above = frames_.back();
    if (above.kind == Frame::Kind::skipped) return skip();
    if (above.kind == Frame::Kind::holder) return held_resource(above, name_space, name, attributes);
    child(above, name_space, name, qualified, attributes);
  }

  void endElement(const XMLCh*, const XMLCh*, const XMLCh*) override {
    --depth_;
    if (narrative_) {
      if (!narrative_->close(offset())) return;
      tree_->set_text(narrative_node_, tree_->keep(narrative_->text(source_)));
      narrative_.reset();
      return;
    }
    const Frame closed = frames_.back();
    frames_.pop_back();
    if (closed.kind == Frame::Kind::holder && !closed.filled)
      report(Fault::required_missing, closed.node, closed.definition->name,
             "This element holds one resource, but is empty");
  }

  void characters(const XMLCh* text, XMLSize_t length) override {
    const std::u16string_view all(text, length);
    if (narrative_) return narrative_->characters(all);
    if (all.find_first_not_of(u" \t\r\n") == all.npos || frames_.empty()) return;
    if (frames_.back().kind != Frame::Kind::skipped)
      report(Fault::value_malformed, frames_.back().node, {},
             "Text does not stand in FHIR elements; values are in the attribute value");
  }

  void comment(const XMLCh* text, XMLSize_t length) override {
    if (narrative_) narrative_->comment({text, length});
  }

  void fatalError(const xc::SAXParseException& e) override {
    stopped_ = true;
    if (failures_.size() < kMostFailures)
      push(Fault::not_well_formed, "XML is not well-formed", " at ", {},
           {static_cast<std::uint32_t>(e.getLineNumber()), static_cast<std::uint32_t>(e.getColumnNumber())});
    throw Stop{};
  }
  void error(const xc::SAXParseException& e) override { fatalError(e); }

  [[noreturn]] void stop(Fault fault, std::string_view what) {
    stopped_ = true;
    failures_.clear();
    push(fault, what, ", at ", {}, place());
    throw Stop{};
  }

 private:
  std::size_t offset() const { return static_cast<std::size_t>(reader_.getSrcOffset()); }

  /// Where the tag or text that is being read begins.
  Place place() const {
    const std::size_t end = std::min(offset(), source_.size());
    const std::size_t tag = end == 0 ? 0 : source_.rfind('<', end - 1);
    return text::place_of(source_, tag == source_.npos ? 0 : tag);
  }

  void push(Fault fault, std::string_view what, std::string_view at, std::string expression, Place place) {
    failures_.push_back({.fault = fault,
                         .diagnostics = fmt::format("{}{}{}.", what, at, text::to_words(place)),
                         .expression = std::move(expression),
                         .place = place});
  }

  void report(Fault fault, std::uint32_t node, std::string_view name, std::string_view what) {
    if (failures_.size() >= kMostFailures) {
      stopped_ = true;
      throw Stop{};
    }
    std::string expression = tree_ ? Element(*tree_, node).path() : std::string();
    if (!name.empty()) expression.append(expression.empty() ? "" : ".").append(text::repeatable(name));
    push(fault, what, ", at ", std::move(expression), place());
  }

  void skip() { frames_.push_back({Frame::Kind::skipped, 0, nullptr}); }

  void root(std::u16string_view name_space, const std::string& name, const xc::Attributes& attributes) {
    // Xerces is silent about a declaration that declares nothing.
    if (source_.substr(0, offset()).find("<!DOCTYPE") != source_.npos) startDTD(nullptr, nullptr, nullptr);
    const TypeId type = name_space == kFhir ? find_resource_type(name) : TypeId::none;
    if (type == TypeId::none)
      stop(Fault::value_malformed,
           "The document's element must be an R4 resource type in the namespace http://hl7.org/fhir");
    tree_.emplace(type);
    tree_->reserve(source_.size() / 24);
    frames_.push_back({Frame::Kind::element, 0, nullptr});
    no_attributes(0, attributes);
  }

  void held_resource(Frame& holder, std::u16string_view name_space, const std::string& name,
                     const xc::Attributes& attributes) {
    const TypeId type = name_space == kFhir ? find_resource_type(name) : TypeId::none;
    if (type == TypeId::none || holder.filled) {
      report(Fault::element_unknown, holder.node, holder.definition->name,
             holder.filled ? "This element holds only one resource" : "This element holds a resource of an R4 type");
      holder.filled = true;
      return skip();
    }
    holder.filled = true;
    const std::uint32_t node = tree_->append(holder.node, *holder.definition, type);
    frames_.push_back({Frame::Kind::element, node, holder.definition});
    no_attributes(node, attributes);
  }

  void child(Frame& above, std::u16string_view name_space, const std::string& name, const XMLCh* qualified,
             const xc::Attributes& attributes) {
    static const TypeId kXhtmlType = find_type("xhtml");
    const TypeId type = Element(*tree_, above.node).type();
    const ElementRow* row = find_element(type, name);
    const bool narrative = row != nullptr && row->type == kXhtmlType;
    if (row == nullptr || row->attribute || name_space != (narrative ? kXhtml : kFhir)) {
      report(Fault::element_unknown, above.node, name,
             row == nullptr   ? fmt::format("{} has no such element in FHIR R4", row_of(type).name)
             : row->attribute ? "This is an attribute in XML, not an element"
                              : "This element stands in another namespace");
      return skip();
    }
    in_order(above, *row);
    const std::uint32_t parent = above.node;  // `above` moves when frames_ grows
    if (row_of(row->type).kind == TypeKind::abstract_resource) {
      frames_.push_back({Frame::Kind::holder, parent, row});
      return no_attributes(parent, attributes);
    }
    const std::uint32_t node = tree_->append(parent, *row, row->type);
    if (narrative) {
      narrative_.emplace();
      narrative_node_ = node;
      return narrative_->open(qualified, attributes, source_, offset());
    }
    frames_.push_back({Frame::Kind::element, node, row});
    read_attributes(node, *row, attributes);
  }

  void in_order(Frame& above, const ElementRow& row) {
    if (order_ == XmlOrder::of_definition && row.order < above.last_order)
      report(Fault::schema_invalid, above.node, row.name,
             "Elements stand in the order of their definition in XML; this one comes too late");
    above.last_order = std::max(above.last_order, row.order);
  }

  static bool is_foreign(const xc::Attributes& attributes, XMLSize_t i) {
    const std::u16string_view name(attributes.getQName(i));
    return name == u"xmlns" || name.starts_with(u"xmlns:") || attributes.getURI(i) == kSchemaInstance;
  }

  void no_attributes(std::uint32_t node, const xc::Attributes& attributes) {
    for (XMLSize_t i = 0; i < attributes.getLength(); ++i)
      if (!is_foreign(attributes, i)) unknown_attribute(node, attributes, i);
  }

  void unknown_attribute(std::uint32_t node, const xc::Attributes& attributes, XMLSize_t i) {
    report(Fault::element_unknown, node, xml::to_utf8(attributes.getLocalName(i)),
           "This element has no such attribute");
  }

  void read_attributes(std::uint32_t node, const ElementRow& row, const xc::Attributes& attributes) {
    for (XMLSize_t i = 0; i < attributes.getLength(); ++i) {
      if (is_foreign(attributes, i)) continue;
      const std::string name = xml::to_utf8(attributes.getLocalName(i));
      if (name == "value" && is_primitive(row.type)) {
        tree_->set_text(node, tree_->keep(xml::to_utf8(attributes.getValue(i))));
        continue;
      }
      const ElementRow* attribute = find_element(row.type, name);
      if (attribute == nullptr || !attribute->attribute) {
        unknown_attribute(node, attributes, i);
        continue;
      }
      tree_->set_text(tree_->append(node, *attribute, attribute->type),
                      tree_->keep(xml::to_utf8(attributes.getValue(i))));
    }
  }

  std::string_view source_;
  const JsonLimits& limits_;
  XmlOrder order_;
  xc::SAX2XMLReaderImpl& reader_;
  std::optional<Tree> tree_;
  std::vector<Frame> frames_;
  std::optional<xml::NarrativeText> narrative_;
  std::uint32_t narrative_node_ = 0;
  std::size_t depth_ = 0, elements_ = 0;
  bool stopped_ = false;  ///< before the end: the tree is not whole
  std::vector<Failure> failures_;
};

tl::unexpected<Failure> invalid_utf8(Place place) {
  return tl::unexpected(Failure{.fault = Fault::encoding_invalid,
                                .diagnostics = fmt::format("The text is not valid UTF-8 at {}.", text::to_words(place)),
                                .place = place});
}

Result<void> check_encoding(std::string_view bytes) {
  // Xerces would take UTF-16, with a mark in front or by its NUL bytes, and a NUL at the end.
  const std::size_t nul = bytes.find('\0');
  if (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE") || nul < 4 ||
      !xml::is_utf8_name(xml::declared_encoding(bytes)))
    return fail(Fault::encoding_invalid, "FHIR XML is exchanged in UTF-8; this document is in another encoding.");
  if (nul != bytes.npos) return fail(Fault::not_well_formed, "XML has no NUL character.");
  if (const std::size_t bad = text::first_invalid_utf8(bytes); bad != bytes.npos)
    return invalid_utf8(text::place_of(bytes, bad));
  return {};
}

/// One reader per thread: making one costs more than most documents. It keeps all names it has seen and grows slow with
/// them (half a million of them: four hundred times), so it is put away now and then.
class ThreadReader {
 public:
  static xc::SAX2XMLReaderImpl& get();
  static void has_read(std::size_t bytes) {
    if ((read_ += bytes) >= kMostBytes) reader_.reset();
  }

 private:
  static constexpr std::size_t kMostBytes = 1u << 20;
  static inline thread_local std::unique_ptr<xc::SAX2XMLReaderImpl> reader_;
  static inline thread_local std::size_t read_ = 0;
};

xc::SAX2XMLReaderImpl& ThreadReader::get() {
  auto& reader = reader_;
  if (reader) return *reader;
  read_ = 0;
  reader = std::make_unique<xc::SAX2XMLReaderImpl>();
  reader->setFeature(xc::XMLUni::fgSAX2CoreValidation, false);
  reader->setFeature(xc::XMLUni::fgXercesSchema, false);
  reader->setFeature(xc::XMLUni::fgXercesLoadExternalDTD, false);
  reader->setFeature(xc::XMLUni::fgXercesDisableDefaultEntityResolution, true);
  reader->setFeature(xc::XMLUni::fgSAX2CoreNameSpaces, true);
  reader->setFeature(xc::XMLUni::fgSAX2CoreNameSpacePrefixes, true);
  reader->setFeature(xc::XMLUni::fgXercesCalculateSrcOfs, true);
  return *reader;
}

/// The handlers of one parse; taken away again at its end.
class Attached {
 public:
  Attached(xc::SAX2XMLReaderImpl& reader, Handler& handler, std::size_t bytes) : reader_(reader), bytes_(bytes) {
    attach(&handler);
  }
  ~Attached() {
    attach(nullptr);
    ThreadReader::has_read(bytes_);
  }
  Attached(const Attached&) = delete;

 private:
  void attach(Handler* handler) {
    reader_.setContentHandler(handler);
    reader_.setLexicalHandler(handler);
    reader_.setErrorHandler(handler);
  }
  xc::SAX2XMLReaderImpl& reader_;
  std::size_t bytes_;
};

Result<Tree> build(std::string_view text, const JsonLimits& limits, XmlOrder order, std::vector<Failure>* forgiven) {
  if (text.size() > limits.bytes)
    return fail(Fault::too_large, fmt::format("The XML text is larger than {} bytes.", limits.bytes));
  FHIR_TRY(check_encoding(text));
  if (text.starts_with(xml::kUtf8Mark)) text.remove_prefix(xml::kUtf8Mark.size());
  xc::SAX2XMLReaderImpl& reader = ThreadReader::get();
  Handler handler(text, limits, order, reader);
  const Attached attached(reader, handler, text.size());
  const xc::MemBufInputSource input(reinterpret_cast<const XMLByte*>(text.data()), text.size(), u"resource");
  try {
    reader.parse(input);
  } catch (const Stop&) {  // the handler knows why
  } catch (const xc::XMLException& e) {
    return fail(Fault::not_well_formed, fmt::format("XML is not well-formed at line {}.", e.getSrcLine()));
  }
  return handler.result(forgiven);
}

}  // namespace

Result<Tree> parse_xml(std::string_view text, const JsonLimits& limits, XmlOrder order) {
  return build(text, limits, order, nullptr);
}

Result<Tree> parse_xml(std::string_view text, const JsonLimits& limits, std::vector<Failure>& wrong) {
  return build(text, limits, XmlOrder::of_definition, &wrong);
}

}  // namespace varde::fhir

#pragma once
/// @file mappings/reader/parser.h
/// One Xerces parser with its own compiled schemas; used by one thread at a time (mappings/reader/reader.cpp).
/// The grammars of Xerces fill some of their fields on first use, so they are not shared between threads.
#include <xercesc/parsers/SAX2XMLReaderImpl.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mappings/reader/reader.h"
#include "mappings/reader/set_aside.h"

namespace varde::mappings {

/// Local names that the schemas define: those may be quoted in a diagnostic.
using KnownNames = std::set<std::string, std::less<>>;

/// A base, so that the grammars outlive the scanner that refers to them.
struct Grammars {
  std::unique_ptr<xercesc::XMLGrammarPool> grammars;
};

class Parser final : private Grammars, private xercesc::SAX2XMLReaderImpl {
 public:
  using SAX2XMLReaderImpl::operator new;
  using SAX2XMLReaderImpl::operator delete;

  static std::unique_ptr<Parser> compile(const std::vector<SchemaText>& schemas, const KnownNames& names);

  Reading read(std::string_view bytes, std::size_t most_depth);

  /// Namespaces met in messages stay in the string pool of Xerces; past a limit the parser is not used again.
  bool worn_out() const;

 private:
  /// Thrown through the scanner to stop it.
  struct Refused {
    Fault fault;
    std::string why;
  };
  struct Broken {};  ///< not well-formed: what follows means nothing
  struct Finding {
    Failure failure;
    bool content;  ///< the element's content as a whole: which child, and what instead, is still to be found
  };

  Parser(std::unique_ptr<xercesc::XMLGrammarPool> compiled, const KnownNames& names);

  /// `text` is what is parsed: `aside` says what it stands for.
  Reading parse(std::string_view text, const SetAside& aside, const std::optional<Failure>& problem);
  std::size_t line() const;
  bool is_attachment() const;

  void startElement(const xercesc::XMLElementDecl&, unsigned int uri, const XMLCh* prefix,
                    const xercesc::RefVectorOf<xercesc::XMLAttr>& attributes, XMLSize_t count, bool empty,
                    bool root) override;
  void endElement(const xercesc::XMLElementDecl&, unsigned int uri, bool root, const XMLCh* prefix) override;
  void docCharacters(const XMLCh* text, XMLSize_t length, bool cdata) override;
  void ignorableWhitespace(const XMLCh*, XMLSize_t, bool) override {}
  void doctypeDecl(const xercesc::DTDElementDecl&, const XMLCh*, const XMLCh*, bool, bool) override;
  void error(unsigned int code, const XMLCh* domain, xercesc::XMLErrorReporter::ErrTypes, const XMLCh* text,
             const XMLCh* system, const XMLCh* publics, XMLFileLoc line, XMLFileLoc column) override;

  /// What was found since the last event concerns the element on top.
  void place_findings(const xercesc::XMLElementDecl* declaration);
  const XmlNode* explain_content(Finding& finding, const xercesc::XMLElementDecl* declaration);
  void leave();
  /// XHTML is kept as it was written, with the element that holds it.
  void write_start(const XmlNode& node, const XmlNode& parent);
  std::string path(const XmlNode* child = nullptr) const;
  const std::string& namespace_of(unsigned int uri);
  std::string known(std::string_view name) const;

  XMLSize_t strings_at_start_ = 0;
  const KnownNames& names_;
  /// Xerces reports events only when a handler is set; this one learns where we are.
  struct Events final : xercesc::DefaultHandler {
    void setDocumentLocator(const xercesc::Locator* const locator) override { place = locator; }
    const xercesc::Locator* place = nullptr;
  } events_;
  std::vector<std::string> namespaces_;  ///< by Xerces' URI number, empty until met
  Reading reading_;
  std::vector<XmlNode*> open_;
  XmlNode* holds_markup_ = nullptr;  ///< of those, the one whose markup grows
  std::vector<Finding> found_;
  std::size_t most_depth_ = 0, elements_ = 0;
  std::size_t validity_errors_ = 0;
  const SetAside* aside_ = nullptr;
  std::size_t met_ = 0;  ///< of what is set aside
};

}  // namespace varde::mappings

#pragma once
/// @file mappings/signature/handles.h
/// OpenSSL's and libxml2's objects with one owner each.
#include <memory>

#include <libxml/tree.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace varde::mappings::signature {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using RevocationList = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;
using CertificateStore = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using CertificatePath = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;
using PublicKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using XmlDocument = std::unique_ptr<xmlDoc, Freed<xmlFreeDoc>>;

}  // namespace varde::mappings::signature

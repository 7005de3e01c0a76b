#pragma once

#include <string>

namespace clientele::market {

// The key under which a name is sorted (COLLATE "C") and searched (trigrams): case-folded, compatibility-composed
// (NFC of NFKC_Casefold), without the accents of Latin, Greek and Cyrillic, spaces collapsed. "Łódź  GmbH" is
// "lodz gmbh". Two names with one key may still differ: it is for finding, never for identity. Bytes that are not
// UTF-8 become U+FFFD. Letters that carry meaning by their marks (Devanagari, Arabic) keep them.
std::string NameKey(const std::string& name);

}  // namespace clientele::market

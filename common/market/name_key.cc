#include "common/market/name_key.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace clientele::market {
namespace {

// Letters with a stroke and ligatures have no decomposition; users search them by the plain letters.
const char* PlainLatin(UChar32 letter) {
  switch (letter) {
    case 0x00E6:
      return "ae";
    case 0x00F0:
      return "d";
    case 0x00F8:
      return "o";
    case 0x00FE:
      return "th";
    case 0x0111:
      return "d";
    case 0x0127:
      return "h";
    case 0x0131:
      return "i";
    case 0x0142:
      return "l";
    case 0x0153:
      return "oe";
    case 0x0167:
      return "t";
    default:
      return nullptr;
  }
}

bool IsAccent(UChar32 mark) { return mark >= 0x0300 && mark <= 0x036F; }

icu::UnicodeString Fold(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* casefold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFDInstance(status);
  icu::UnicodeString folded = casefold->normalize(text, status);
  icu::UnicodeString decomposed = decompose->normalize(folded, status);
  // The tables are compiled into ICU: only a lack of memory could fail here.
  return U_SUCCESS(status) ? decomposed : text;
}

}  // namespace

std::string NameKey(const std::string& name) {
  const icu::UnicodeString folded = Fold(icu::UnicodeString::fromUTF8(name));
  icu::UnicodeString plain;
  bool space_pending = false;
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 letter = folded.char32At(i);
    if (IsAccent(letter)) continue;
    if (u_isUWhiteSpace(letter) || u_iscntrl(letter)) {
      space_pending = !plain.isEmpty();
      continue;
    }
    if (space_pending) plain.append(static_cast<UChar32>(' '));
    space_pending = false;
    if (const char* latin = PlainLatin(letter)) {
      plain.append(icu::UnicodeString(latin, -1, US_INV));
    } else {
      plain.append(letter);
    }
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* compose = icu::Normalizer2::getNFCInstance(status);
  std::string key;
  const icu::UnicodeString composed = compose->normalize(plain, status);
  (U_SUCCESS(status) ? composed : plain).toUTF8String(key);
  return key;
}

}  // namespace clientele::market

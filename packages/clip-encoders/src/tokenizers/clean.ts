// Cleaning of prompts before they are split, as in the published tokenizers: `ftfy.fix_text`, HTML entities, white space.

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', 'apos;': "'", nbsp: ' ' };

/** Resolves XML's entities, `&nbsp;` and numeric characters by the rules of HTML; other names are left unchanged. */
const unescapeHtml = (text: string): string =>
  text.replace(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(amp|lt|gt|quot|nbsp|apos;));?/g,
    (_, decimal, hexadecimal, name) => {
      if (name) return ENTITIES[name] as string;
      const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    },
  );

/** Windows-1252 characters for the control characters 128 to 159, with gaps. Node's decoder for it is wrong before version 23. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** The repairs of `ftfy.fix_text` (6.3), except that of text decoded with a wrong encoding. */
const fixText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape starts a terminal color
    .replace(/\u001b\[[\d;]*[a-zA-Z]/g, '')
    .replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252.charAt(control.charCodeAt(0) - 0x80))
    .replace(/[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb04\ufb06]/g, (ligature) =>
      ligature.normalize('NFKC'),
    )
    .replace(/\ufb05/g, '\u017ft')
    .replace(/[\uff01-\uffef\u3000]/g, (wide) => wide.normalize('NFKC'))
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are removed
    .replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '')
    .normalize('NFC');

/** The published cleaning: repairs, entities resolved twice, white space collapsed. */
export const cleanCased = (prompt: string): string =>
  unescapeHtml(unescapeHtml(fixText(prompt)))
    .replace(/\s+/g, ' ')
    .trim();

/** The same in lower case. */
export const clean = (prompt: string): string => cleanCased(prompt).toLowerCase();

// Command-line words that are read before any command is loaded.

/** An option of every command. */
export const DEBUG = "--debug";
/** Called by completion scripts; not listed in help. */
export const COMPLETE = "__complete";
/** Commander adds these options and lists them in help. */
export const VERSION = ["-V", "--version"];
/** As many tools accept. Only alone: a command may have an option -v. */
export const SHORT_VERSION = "-v";

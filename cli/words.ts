// Words of the command line that are read before any command is loaded.

/** An option of every command. */
export const DEBUG = "--debug";
/** What completion scripts call. No help lists it. */
export const COMPLETE = "__complete";
/** Commander's own, and listed by it in the help. */
export const VERSION = ["-V", "--version"];

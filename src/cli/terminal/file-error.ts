export const NO_SUCH_FILE = "there is no such file";

/** Returns the reason in a few words for which a file could not be opened, read or created. */
export function fileErrorReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return NO_SUCH_FILE;
  if (code === "ENOTDIR") return "a part of its path is not a folder";
  if (code === "EEXIST") return "there is such a file already";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOSPC") return "the disk is full";
  if (code === "EDQUOT") return "the disk quota of the user is used up";
  if (code === "EFBIG") return "the file is as large as the file system or the limit of the process allows";
  if (code === "EROFS") return "the file system is read-only";
  if (code === "EIO") return "the disk reports an error";
  return error instanceof Error ? error.message : String(error);
}

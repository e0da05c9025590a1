/** Stores an archive of one mebibyte in the state folder below the working folder. Says what came of it. */
import { readdirSync } from "node:fs";
import { backupFolder, storeArchive } from "../../lifecycle/backup/store";
import { LifecycleFailure } from "../../lifecycle/shared/failure";
import { content } from "../unit/backup/samples";

storeArchive("test", content().header, Buffer.alloc(1024 * 1024)).then(
  (file) => process.stdout.write(`${file}\n`),
  (error: unknown) => {
    const { message, remedy } = error as LifecycleFailure;
    process.stdout.write(JSON.stringify({ message, remedy, left: readdirSync(backupFolder("test")) }));
    process.exitCode = error instanceof LifecycleFailure ? 3 : 1;
  },
);

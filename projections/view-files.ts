import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The files of one view in the data directory: `views-<name>-v<version>.db`, and the one that is being built beside it. */
export class ViewFiles {
  readonly serving: string;
  readonly building: string;

  constructor(
    readonly directory: string,
    readonly name: string,
    readonly version: number,
  ) {
    this.serving = join(directory, `views-${name}-v${version}.db`);
    this.building = join(directory, `views-${name}-v${version}.building.db`);
  }

  isServingThere(): boolean {
    return existsSync(this.serving);
  }

  removeServing(): void {
    removeDatabase(this.serving);
  }

  removeBuilding(): void {
    removeDatabase(this.building);
  }

  /** The built file takes the serving one's name. Both must be closed: what a database keeps beside its file is then empty. */
  changePlaces(): void {
    removeBeside(this.serving);
    renameSync(this.building, this.serving);
    removeBeside(this.building);
  }

  /** A view of an older version is kept until the new one has caught up, so that the release before can still be started quickly until then. */
  removeOlderVersions(): void {
    const mine = new RegExp(`^views-${this.name}-v(\\d+)(?:\\.building)?\\.db$`);
    for (const name of readdirSync(this.directory)) {
      const version = mine.exec(name)?.[1];
      if (version !== undefined && Number(version) < this.version) removeDatabase(join(this.directory, name));
    }
  }
}

function removeDatabase(file: string): void {
  if (existsSync(file)) rmSync(file);
  removeBeside(file);
}

function removeBeside(file: string): void {
  for (const path of [`${file}-wal`, `${file}-shm`, `${file}-journal`]) if (existsSync(path)) rmSync(path);
}

import type { RunningNode } from '../flows/announce-keys.ts';
import type { Place } from '../flows/place.ts';
import {
  listKeys,
  type RemoveResult,
  type RotateResult,
  removeKey,
  rotateKeys,
} from '../flows/rotate-keys.ts';
import { type ApartCommand, done, fault, never, type OperatorCommand, type Said, word } from './command.ts';
import { count, table } from './print.ts';
import { progressOn } from './progress.ts';

const BACKUPS_NEED_IT = 'Keep a removed key for as long as you keep backups that were made with it.';

export const KEYS_COMMANDS: Readonly<Record<string, OperatorCommand | ApartCommand>> = {
  'keys list': {
    usage: 'keys list',
    about: 'lists the keys: which one seals, and how many rows of which table need each',
    example: 'sallyport keys list',
    words: [],
    onCopies: true,
    async run(ctx) {
      const lines = await listKeys(ctx);
      const rows = lines.map((key) => [
        key.id,
        key.seals ? 'seals what is new' : 'opens only',
        rowsText(key.rows),
        key.usedBy.length === 0 ? '' : `sealing in ${key.usedBy.join(', ')}`,
      ]);
      return { ok: true, text: table(rows, 'There is no key.'), data: lines };
    },
  },
  'keys rotate': {
    usage: 'keys rotate',
    about: 'takes the next step of a change of keys: a new key, or sealing everything with it; servers go on',
    example: 'sallyport keys rotate',
    words: [],
    async runApart(place, operator) {
      const progress = progressOn(process.stderr, 'Sealing anew');
      let [total, rows] = [0, 0];
      let told = false;
      const result = await rotateKeys(place, operator, {
        total: (n) => {
          total = n;
        },
        done: (n) => {
          rows += n;
          progress.show(rows, total);
        },
        waiting: (nodes) => {
          if (!told) process.stderr.write(`Waiting for ${names(nodes)} to read the new key …\n`);
          told = true;
        },
      });
      progress.end();
      return sayRotated(result, place);
    },
  },
  'keys remove': {
    usage: 'keys remove ID',
    about: 'takes an old key away once no row needs it and no server seals with it',
    example: 'sallyport keys remove Zk3v_1Qa   (ids: sallyport keys list)',
    words: ['ID'],
    async runApart(place, operator, given) {
      return sayRemoved(await removeKey(place, operator, word(given, 0)), word(given, 0), place);
    },
  },
};

const sealedAnew = (rows: number) => `${count(rows, 'row')} ${rows === 1 ? 'was' : 'were'} sealed anew`;

const names = (nodes: readonly RunningNode[]) => nodes.map((node) => node.name).join(', ');

function rowsText(rows: Readonly<Record<string, number>>): string {
  const parts = Object.entries(rows).map(([name, n]) => `${n} of ${name}`);
  return parts.length === 0 ? 'needed by no row' : `needed by ${parts.join(', ')}`;
}

function sayRotated(result: RotateResult, place: Place): Said {
  switch (result.result) {
    case 'resealed': {
      if (result.damaged.length > 0) return sayDamaged(result);
      const next = result.unused.map((id) => `Now the old one can go: sallyport keys remove ${id}`);
      const text = [`Everything is sealed with key ${result.keyId}; ${sealedAnew(result.rows)}.`, ...next];
      return done(text.join('\n'), { ...result });
    }
    case 'remove_first': {
      const text = [
        `Everything is sealed with key ${result.keyId} already. No row needs ${result.unused.join(', ')}.`,
        'If that is an old key: sallyport keys remove ID, and only then is another one added.',
      ];
      if (place.keyFile === null)
        text.push(
          'If it is a new one: put it in front in SALLYPORT_KEYS of every node, restart, and come again.',
        );
      return done(text.join('\n'), { ...result });
    }
    case 'set_behind':
      return done(
        `Key ${result.keyId} is made. Nothing is sealed with it yet.
1. Set this on every node, the new key behind the old one, and restart them one after the other:

SALLYPORT_KEYS=${result.value}

2. Then run "sallyport keys rotate" again, with this setting. It says what comes next.
Until every node has it behind, it must not stand in front anywhere: those without it could not read.
Run again before it is set, this makes another key, with another value. Either will do: set one of them, the same everywhere.`,
        { ...result },
      );
    case 'set_in_front':
      return done(
        `Key ${result.keyId} is known to all nodes that run now.
3. Set this on every node, the new key in front, and restart them one after the other:

SALLYPORT_KEYS=${result.value}

4. Then run "sallyport keys rotate" again, with this setting. It seals everything anew, while they run.`,
        { ...result },
      );
    case 'nodes_behind':
      return fault(
        result.result,
        `Nothing was sealed anew. ${names(result.nodes)} does not have key ${result.keyId} where it is needed.
Restart it with the keys that stand ${place.keyFile === null ? 'in SALLYPORT_KEYS here' : `in ${place.keyFile.path}`}, then run this again. One that is gone for good is forgotten after three minutes.`,
      );
    case 'keys_changed':
      return fault(
        result.result,
        'Another command has changed the keys meanwhile; this one has stopped. Nothing is lost. See "sallyport keys list", then run this again with the keys of now.',
      );
    case 'key_file_locked':
    case 'key_file_changed':
    case 'key_file_other_user':
      return sayKeyFile(result.result, place);
    default:
      return never(result);
  }
}

function sayKeyFile(why: `key_file_${'locked' | 'changed' | 'other_user'}`, place: Place): Said {
  const path = place.keyFile?.path ?? '';
  const text = {
    key_file_locked: `${path}.new is there: another command changes the keys right now, or one was cut off while it did. Wait for it. If none runs, remove that file, which no server reads and nothing is sealed with, and run this again.`,
    key_file_changed: `Another command has changed ${path} meanwhile; this one has sealed nothing with a key of its own. See "sallyport keys list", then run this again.`,
    key_file_other_user: `${path} belongs to another user, who could not read a file that this command made. Run it as that user, or as root. Nothing was changed.`,
  };
  return fault(why, text[why]);
}

function sayDamaged({ keyId, rows, damaged }: Extract<RotateResult, { result: 'resealed' }>): Said {
  const list = damaged.map(({ table: name, id }) => `  ${name} ${id}`);
  return {
    ok: false,
    text: [
      `${sealedAnew(rows)} with key ${keyId}. These do not open with their key, since somebody or something changed them:`,
      ...list,
      'They stay as they are, and keep their key from being removed. Their people need to set up again.',
    ].join('\n'),
    data: { result: 'damaged', keyId, rows, damaged },
  };
}

function sayRemoved(result: RemoveResult, id: string, place: Place): Said {
  switch (result.result) {
    case 'removed':
      return done(`Key ${id} is out of ${result.path}. ${BACKUPS_NEED_IT}`, { keyId: id });
    case 'set':
      return done(
        `No row needs key ${id}. Set this on every node and restart them one after the other:\n\nSALLYPORT_KEYS=${result.value}\n\n${BACKUPS_NEED_IT}`,
        { keyId: id, value: result.value },
      );
    case 'no_key':
      return fault(result.result, 'There is no key with that id. See: sallyport keys list');
    case 'seals':
      return fault(
        result.result,
        `Key ${id} seals what is new. Another one comes first: sallyport keys rotate`,
      );
    case 'in_use':
      return fault(
        result.result,
        `${result.nodes.join(', ')} still seals with key ${id}. Restart it with the new key in front.`,
      );
    case 'needed':
      return fault(result.result, `Key ${id} is ${rowsText(result.rows)}. First: sallyport keys rotate`);
    case 'key_file_locked':
    case 'key_file_changed':
    case 'key_file_other_user':
      return sayKeyFile(result.result, place);
    default:
      return never(result);
  }
}

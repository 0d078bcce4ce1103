import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { terminalPrompt } from '../../../src/app/commands/prompt.js';

describe('a person at a terminal', () => {
  const terminal = () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = '';
    output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    return { input, prompt: terminalPrompt(input, output), shown: () => shown };
  };

  it('sees what they type, but no password', async () => {
    const { input, prompt, shown } = terminal();
    const name = prompt.ask('Name: ');
    input.write('id.example.org\r');
    expect(await name).toBe('id.example.org');
    const password = prompt.askSecret('Password: ');
    input.write('hunter2\r');
    expect(await password).toBe('hunter2');
    prompt.close();
    expect(shown()).toContain('id.example.org');
    expect(shown()).toContain('Password: ');
    expect(shown()).not.toContain('hunter2');
  });

  it('may type ahead', async () => {
    const { input, prompt } = terminal();
    input.write('one\rtwo\r\r');
    expect([await prompt.ask('1: '), await prompt.ask('2: '), await prompt.ask('3: ')]).toEqual(['one', 'two', '']);
    prompt.close();
    await expect(prompt.ask('4: ')).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['presses Ctrl-C', '\u0003'],
    ['ends the input', '\u0004'],
  ])('may cancel: %s', async (_case, key) => {
    const { input, prompt } = terminal();
    const answer = prompt.ask('Name: ');
    input.write(key);
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });
});

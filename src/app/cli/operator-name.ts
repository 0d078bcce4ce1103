import { userInfo } from 'node:os';

/** The user who runs the command, also with sudo; absent if their name is unusual. */
export const operatorName = ({ SUDO_USER }: NodeJS.ProcessEnv): string | undefined =>
  /^[\w.@-]{1,64}$/.exec(SUDO_USER ?? userInfo().username)?.[0];
